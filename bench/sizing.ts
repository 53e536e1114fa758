import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measureSize, type Sizing } from "./sizing-run.ts";

const HELP = `npm run sizing -- [--agents 50,500,5000] [--hours 24] [--seconds 60]

Measures what a gateway takes for contact centres of these sizes: for each, the past hours of the demo's traffic are put into a
log, a gateway is started on it, and the busiest hour is played in real time while screens look on: for ten agents each one that
asks every five seconds, for fifty agents each one that is pushed to every second. Five thousand agents take some minutes.

  --agents   sizes, comma separated (50,500,5000)
  --hours    of the past in the log (24)
  --seconds  of the busiest hour (60)
`;

const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "50,500,5000" },
    hours: { type: "string", default: "24" },
    seconds: { type: "string", default: "60" },
    help: { type: "boolean", default: false },
  },
});

const COLUMNS: readonly (readonly [head: string, cell: (sizing: Sizing) => string])[] = [
  ["agents", ({ agentCount }) => `${agentCount}`],
  ["events in the log", ({ eventCount }) => `${eventCount}`],
  ["on disk", ({ logBytes }) => toMb(logBytes)],
  ["start", ({ startMs }) => `${(startMs / 1000).toFixed(1)} s`],
  ["resident after it", ({ residentBytes }) => toMb(residentBytes)],
  ["live: events", ({ eventsPerSecond }) => `${eventsPerSecond.toFixed(1)}/s`],
  ["polls", ({ pollsPerSecond }) => `${pollsPerSecond.toFixed(1)}/s`],
  ["subscriptions", ({ subscriptionCount }) => `${subscriptionCount}`],
  ["of one processor", ({ cpuShare }) => `${(cpuShare * 100).toFixed(1)} %`],
  ["polls, p99", ({ pollMsP99 }) => `${pollMsP99.toFixed(1)} ms`],
  ["resident at most", ({ peakResidentBytes }) => toMb(peakResidentBytes)],
];

if (values.help) process.stdout.write(HELP);
else await run();

async function run(): Promise<void> {
  process.stdout.write(`| ${COLUMNS.map(([head]) => head).join(" | ")} |\n|${" --- |".repeat(COLUMNS.length)}\n`);
  for (const text of values.agents.split(",")) {
    const sizing = await measureSize({
      agentCount: readCount("agents", text),
      hours: readCount("hours", values.hours),
      seconds: readCount("seconds", values.seconds),
      main: fileURLToPath(new URL("../dist/main.js", import.meta.resolve("@segmeter/gateway"))),
      tell: (message) => process.stderr.write(`${message}\n`),
    });
    process.stdout.write(`| ${COLUMNS.map(([, cell]) => cell(sizing)).join(" | ")} |\n`);
  }
}

function toMb(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

function readCount(name: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`--${name}: expected a whole number, 1 or more, got ${text}`);
  return count;
}
