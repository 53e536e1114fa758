import { parseArgs } from "node:util";
import { BENCHMARKS } from "./benchmarks.ts";
import type { Row } from "./benchmark.ts";
import { installPeers } from "./peers.ts";
import { saveResults, toJson, toTable } from "./report.ts";
import { Stage } from "./stage.ts";

const HELP = `npm run bench -- [--only E3,E4] [--segments 1000000] [--rounds 9] [--json] [--save]

Measures Segmeter against its peers, and installs these on first use. A full run takes about ten minutes.

  --only      benchmarks by name, comma separated
  --segments  closed segments in the day (1000000); events, growth and memory follow from it
  --rounds    times each work is timed after warm-up, at least (9)
  --json      prints one JSON object a row, as soon as it is known
  --save      writes bench/results/<date>-<revision>.md too

${BENCHMARKS.map(({ name, question }) => `  ${name.padEnd(8)} ${question}`).join("\n")}
`;

const BUDGET_MS = 2_000;

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    segments: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "9" },
    json: { type: "boolean", default: false },
    save: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else await run();

async function run(): Promise<void> {
  const chosen = chooseBenchmarks(values.only);
  const segmentCount = readCount("segments", values.segments);
  installPeers();
  const stage = new Stage({
    segmentCount,
    rounds: readCount("rounds", values.rounds),
    budgetMs: BUDGET_MS,
    withPeers: true,
    tell: (message) => process.stderr.write(`${message}\n`),
  });
  const rows: Row[] = [];
  try {
    for (const { name, missing, run: measure } of chosen) {
      if (missing) {
        process.stderr.write(`${name} is left out: ${missing}\n`);
        continue;
      }
      const found = await measure(stage);
      rows.push(...found);
      if (values.json) for (const row of found) process.stdout.write(`${toJson(row)}\n`);
    }
  } finally {
    await stage.close();
  }
  if (!values.json) process.stdout.write(`${toTable(rows)}\n`);
  if (values.save) process.stderr.write(`saved ${saveResults(rows, segmentCount, new Date())}\n`);
  // ClickHouse keeps threads of its own.
  process.exit(0);
}

function chooseBenchmarks(only: string | undefined): typeof BENCHMARKS {
  if (only === undefined) return BENCHMARKS;
  const names = only.split(",");
  const unknown = names.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0)
    throw new Error(`--only: expected names of ${BENCHMARKS.map(({ name }) => name).join(", ")}, got ${unknown.join(", ")}`);
  return BENCHMARKS.filter(({ name }) => names.includes(name));
}

function readCount(name: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`--${name}: expected a whole number, 1 or more, got ${text}`);
  return count;
}
