import { StorageError } from "@segmeter/event-log";
import { Command, InvalidArgumentError, Option } from "commander";
import { AccessFileError } from "./access/access-file.ts";
import { FileError } from "./cli/event-file.ts";
import { backUp } from "./cli/backup.ts";
import { agents } from "./cli/agents.ts";
import { foldFiles } from "./cli/fold.ts";
import { importFiles } from "./cli/import.ts";
import { importLivePerson } from "./cli/import-liveperson.ts";
import { KeysError, keysCommand } from "./cli/keys.ts";
import { tokensCommand } from "./cli/tokens.ts";
import { AwayError } from "./cli/coming-again.ts";
import { BackupError, type LogPlace } from "./cli/log-copy.ts";
import { move, MoveError } from "./cli/move.ts";
import { ConfigError } from "./config.ts";
import { toAccountId } from "./cli/option-values.ts";
import { PostError, type Destination } from "./cli/post-events.ts";
import { restore } from "./cli/restore.ts";
import { shadow, ShadowError } from "./cli/shadow.ts";
import { verify, VerifyError } from "./cli/verify.ts";

/** Failures that say what to do. */
const EXPECTED = [
  FileError,
  PostError,
  AwayError,
  AccessFileError,
  KeysError,
  BackupError,
  VerifyError,
  ShadowError,
  MoveError,
  ConfigError,
  StorageError,
];

// What reads our output may stop early: `segmeter fold … | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const program = new Command("segmeter").description("Agent-segment metrics from conversation events.").helpCommand(true);

const URL_OPTION = new Option("--url <url>", "where the gateway listens")
  .default("http://127.0.0.1:4000")
  .env("SEGMETER_URL")
  .argParser(toUrl);
const ONE_NODE: readonly string[] = ["http://127.0.0.1:4000"];
const NODES_OPTION = new Option("--url <url>", "where a node listens; may be given several times")
  .default(ONE_NODE, JSON.stringify(ONE_NODE[0]))
  .env("SEGMETER_URL")
  .argParser((text: string, before: readonly string[]) => [...(before === ONE_NODE ? [] : before), toUrl(text)]);
const TOKEN_OPTION = new Option("--token <token>", "an API key or a token, if the gateway asks for one").env("SEGMETER_TOKEN");
const DATA_DIR_OPTION = new Option("--data-dir <folder>", "the data folder of a gateway that does not run");

program
  .command("import")
  .description(
    "Send event files (NDJSON, plain or gzip) to a running gateway. Safe to run twice: what it has already is not counted again.",
  )
  .argument("<file...>", "event files, one JSON event a line")
  .requiredOption("--account <id>", "the account that the events belong to", toAccountId)
  .addOption(URL_OPTION)
  .addOption(TOKEN_OPTION)
  .option("--shift-to-now", "move the times of all events so that the last one is now", false)
  .addHelpText(
    "after",
    "\nBad lines are skipped and listed on standard error by file and line. While the gateway is overloaded, the import waits.",
  )
  .action((files: string[], options: { account: string; url: string; token?: string; shiftToNow: boolean }) =>
    importFiles(files, { accountId: options.account, url: options.url, token: options.token, shiftToNow: options.shiftToNow }),
  );

interface LivePersonOptions {
  readonly account: string;
  readonly url: string;
  readonly token?: string;
}

interface ShadowCommandOptions extends LivePersonOptions {
  readonly against: string;
  readonly againstKeys?: string;
  readonly timeframe: number;
  readonly interval: number;
  readonly times: number;
  readonly every: number;
}

const toDestination = ({ account, url, token }: LivePersonOptions): Destination => ({ accountId: account, url, token });

program
  .command("import-liveperson")
  .description(
    "Send LivePerson's history to a running gateway: responses of the conversations search, one file or thousands, plain or gzip. Fills the gaps that webhooks left, and counts nothing twice.",
  )
  .argument("<file...>", "responses with conversationHistoryRecords, or records, as JSON or one a line")
  .requiredOption("--account <id>", "the account that the conversations belong to", toAccountId)
  .addOption(URL_OPTION)
  .addOption(TOKEN_OPTION)
  .option("--report <file>", "where every record that was not taken whole is named, as NDJSON")
  .action((files: string[], { report, ...options }: LivePersonOptions & { report?: string }) =>
    importLivePerson(files, { ...toDestination(options), report }),
  );

program
  .command("agents")
  .description("Print the directory of an account's users, which tells their groups and who is a bot; or put another one in its place.")
  .requiredOption("--account <id>", "the account", toAccountId)
  .option("--unknown", "print who has closed segments and is not in the directory instead", false)
  .option("--put <file>", "a JSON list of agents: id; pid, groupId, userType, displayName")
  .addOption(URL_OPTION)
  .addOption(TOKEN_OPTION)
  .action(({ unknown, put, ...options }: LivePersonOptions & { unknown: boolean; put?: string }) =>
    agents({ ...toDestination(options), unknown, put }),
  );

program
  .command("fold")
  .description("Fold event files into segments without a gateway, and print the closed ones as NDJSON.")
  .argument("<file...>", "event files (NDJSON, plain or gzip)")
  .option("--summary", "print counts by start and end reason instead", false)
  .action((files: string[], options: { summary: boolean }) => foldFiles(files, options));

interface PlaceOptions {
  readonly url: string;
  readonly token?: string;
  readonly dataDir?: string;
}

const toPlace = ({ url, token, dataDir }: PlaceOptions): LogPlace => (dataDir === undefined ? { gateway: { url, token } } : { dataDir });

program
  .command("verify")
  .description("Recompute every number from the log with the slow reference, and print each that differs; then the exit status is 1.")
  .addOption(URL_OPTION)
  .addOption(TOKEN_OPTION)
  .addOption(DATA_DIR_OPTION)
  .option("--backup <file>", "a backup")
  .addHelpText(
    "after",
    "\nA gateway that runs is asked for a copy of its log, and then for every hour that it keeps: the scopes admin and read.",
  )
  .action(async ({ backup, ...options }: PlaceOptions & { backup?: string }) => {
    if (!(await verify(backup === undefined ? toPlace(options) : { backup }))) process.exitCode = 1;
  });

program
  .command("backup")
  .description(
    "Write a copy of the event log and of what LivePerson's accounts keep beside it, checked from end to end. Works while the gateway runs: the scope admin, every account.",
  )
  .argument("<file>", "the backup to make; nothing may be there")
  .addOption(URL_OPTION)
  .addOption(TOKEN_OPTION)
  .addOption(DATA_DIR_OPTION)
  .action((file: string, options: PlaceOptions) => backUp(file, toPlace(options)));

program
  .command("restore")
  .description("Put a backup into a data folder without an event log, for a gateway to be started on.")
  .argument("<file>", "the backup")
  .requiredOption("--data-dir <folder>", "the data folder")
  .action((file: string, { dataDir }: { dataDir: string }) => restore(file, dataDir));

program
  .command("move")
  .description(
    "Move the event log of a machine that was alone, and has stopped, into the stream of a cluster, and hold every number of its nodes against it; if one differs, the exit status is 1.",
  )
  .requiredOption("--data-dir <folder>", "the data folder of the machine that was alone; it stays as it is")
  .addOption(NODES_OPTION)
  .addOption(TOKEN_OPTION)
  .addHelpText(
    "after",
    `
The stream is named as for a node, by NATS_URL, NATS_STREAM, NATS_REPLICAS, NATS_CREDS, NATS_CA, NATS_CERT, NATS_KEY and
RETENTION_HOURS, and made where it is missing. It may hold other accounts, and nothing of those that move. Interrupted, run it
again: it goes on where it was. Where nodes hold a part of the accounts each, name one of every part: --url <url> --url <url>.`,
  )
  .action(async ({ dataDir, url: urls, token }: { dataDir: string; url: string[]; token?: string }) => {
    const nodes = urls.map((url) => ({ url, token }));
    if (!(await move(dataDir, nodes, process.env))) process.exitCode = 1;
  });

program
  .command("shadow")
  .description(
    "Ask another service and a gateway the same at the same time, and print every difference as NDJSON; then the exit status is 1.",
  )
  .requiredOption("--account <id>", "the account", toAccountId)
  .requiredOption("--against <url>", "the other service, such as https://va-a.data.liveperson.net", toUrl)
  .option("--against-keys <file>", "JSON with consumerKey, consumerSecret, token and tokenSecret, to sign requests to it with")
  .option("--timeframe <minutes>", "the window, which ends now", toCount, 60)
  .option("--interval <minutes>", "its parts", toCount, 5)
  .option("--times <count>", "how often to ask", toCount, 1)
  .option("--every <seconds>", "how long to wait in between", toCount, 60)
  .addOption(URL_OPTION)
  .addOption(TOKEN_OPTION)
  .action(async ({ account, url, token, against, againstKeys, timeframe, interval, times, every }: ShadowCommandOptions) => {
    const asked = { accountId: account, url, token, against, againstKeys, timeframe, interval, times, everyS: every };
    if ((await shadow(asked)) > 0) process.exitCode = 1;
  });

program.addCommand(keysCommand());
program.addCommand(tokensCommand());

try {
  await program.parseAsync();
} catch (error) {
  if (!EXPECTED.some((kind) => error instanceof kind)) throw error;
  process.stderr.write(`segmeter: ${(error as Error).message}\n`);
  process.exitCode = 1;
}

function toCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("expected a whole number, 1 or more");
  return Number(text);
}

function toUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text)) throw new InvalidArgumentError("expected a URL such as http://127.0.0.1:4000");
  return text;
}
