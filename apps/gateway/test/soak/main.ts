import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { isWhole, toText } from "./report.ts";
import { soak } from "./soak.ts";

const HELP = `npm run soak -- [--minutes 20] [--seed N] [--kills N] [--subscriptions 60] [--capacity-seconds 30]

Measures what a gateway serves of a mixed load (events, REST, GraphQL and subscriptions), then loads a fresh one with half
of that while it is killed again and again, and at the end holds its log against the client's own book of what was
acknowledged, and its numbers against the slow reference. Ends with 1 if anything was lost, stands twice or is wrong.

  --minutes           how long it is loaded (20)
  --seed              a whole number; the same one gives the same traffic, questions and moments of the kills (random)
  --kills             how often it is killed (one a minute)
  --subscriptions     how many are held all the while, half of them over WebSockets, half as event streams (60)
  --capacity-seconds  how long its capacity is measured (30)

Progress is on standard error, the table on standard output. It needs Linux, and disk and memory for what it sends.
`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "20" },
    seed: { type: "string" },
    kills: { type: "string" },
    subscriptions: { type: "string", default: "60" },
    "capacity-seconds": { type: "string", default: "30" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else await run();

async function run(): Promise<void> {
  const minutes = readNumber("minutes", values.minutes, 0.05);
  const report = await soak({
    seed: values.seed === undefined ? Math.floor(Math.random() * 1e9) : readNumber("seed", values.seed, 0),
    capacityMs: readNumber("capacity-seconds", values["capacity-seconds"], 1) * 1_000,
    durationMs: minutes * 60_000,
    killCount: values.kills === undefined ? Math.round(minutes) : readNumber("kills", values.kills, 0),
    subscriptionCount: readNumber("subscriptions", values.subscriptions, 1),
    tell: (text) => process.stderr.write(`${text}\n`),
  });
  const machine = `${cpus()[0]?.model ?? "unknown"}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  process.stdout.write(
    `${new Date().toISOString().slice(0, 10)}, revision ${revision()}, Node ${process.version}, ${machine}.\n${toText(report)}\n`,
  );
  process.exitCode = isWhole(report) ? 0 : 1;
}

function revision(): string {
  return execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8", cwd: import.meta.dirname }).trim();
}

function readNumber(name: string, text: string, min: number): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= min)) throw new Error(`--${name}: expected a number, at least ${min}, got ${text}`);
  return value;
}
