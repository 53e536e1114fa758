import { Command, InvalidArgumentError, Option } from "commander";
import { KeyFileError } from "./access/key-file.ts";
import { FileError } from "./cli/event-file.ts";
import { foldFiles } from "./cli/fold.ts";
import { importFiles } from "./cli/import.ts";
import { KeysError, keysCommand } from "./cli/keys.ts";
import { toAccountId } from "./cli/option-values.ts";
import { PostError } from "./cli/post-events.ts";

// What reads our output may stop early: `segmeter fold … | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const program = new Command("segmeter").description("Agent-segment metrics from conversation events.").helpCommand(true);

program
  .command("import")
  .description(
    "Send event files (NDJSON, plain or gzip) to a running gateway. Safe to run twice: what it has already is not counted again.",
  )
  .argument("<file...>", "event files, one JSON event a line")
  .requiredOption("--account <id>", "the account that the events belong to", toAccountId)
  .addOption(new Option("--url <url>", "where the gateway listens").default("http://127.0.0.1:4000").env("SEGMETER_URL").argParser(toUrl))
  .addOption(new Option("--token <token>", "bearer token, if the gateway asks for one").env("SEGMETER_TOKEN"))
  .option("--shift-to-now", "move the times of all events so that the last one is now", false)
  .addHelpText(
    "after",
    "\nBad lines are skipped and listed on standard error by file and line. While the gateway is overloaded, the import waits.",
  )
  .action((files: string[], options: { account: string; url: string; token?: string; shiftToNow: boolean }) =>
    importFiles(files, { accountId: options.account, url: options.url, token: options.token, shiftToNow: options.shiftToNow }),
  );

program
  .command("fold")
  .description("Fold event files into segments without a gateway, and print the closed ones as NDJSON.")
  .argument("<file...>", "event files (NDJSON, plain or gzip)")
  .option("--summary", "print counts by start and end reason instead", false)
  .action((files: string[], options: { summary: boolean }) => foldFiles(files, options));

program.addCommand(keysCommand());

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof FileError || error instanceof PostError || error instanceof KeyFileError || error instanceof KeysError))
    throw error;
  process.stderr.write(`segmeter: ${error.message}\n`);
  process.exitCode = 1;
}

function toUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text)) throw new InvalidArgumentError("expected a URL such as http://127.0.0.1:4000");
  return text;
}
