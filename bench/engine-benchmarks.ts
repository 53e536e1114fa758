import { METRIC_NAMES, TOTAL_METRIC, type Engine, type Query } from "@segmeter/engine";
import { atLeast, atMost, SHOWN, toRow, type Benchmark, type Row, type Target } from "./benchmark.ts";
import { checksumOf, isSame, toText } from "./checksum.ts";
import { SORTINGS } from "./database.ts";
import { ACCOUNT_ID } from "./dataset.ts";
import { measure, type Work } from "./measure.ts";
import { QUESTIONS, type QuestionName } from "./questions.ts";
import type { Stage } from "./stage.ts";

/** The engine against databases. Their results are left unread, ours is computed to the last value. */
export const ENGINE_BENCHMARKS: readonly Benchmark[] = [
  againstDatabases("E1", "the total", atLeast(50)),
  againstDatabases("E2", "every agent", atLeast(30)),
  againstDatabases("E3", "every agent × 288 intervals of 5 min", atLeast(4)),
  againstDatabases("E3 REST", "the same, interval by interval, as REST lists it", atLeast(4)),
  againstDatabases("E4", "every skill × agent × 24 intervals of 60 min", atLeast(4)),
  againstDatabases("E5", "human, one source, every agent × 15-min intervals", atLeast(5)),
  againstDatabases("E6", "ten named agents × 12 intervals of 5 min, the last hour", atLeast(100)),
  { name: "metrics", question: "one metric against eleven", run: compareMetrics },
  { name: "G", question: "E2 over four times the segments against E2", run: compareGrowth },
];

function againstDatabases(name: QuestionName, question: string, target: Target): Benchmark {
  return { name, question, run: (stage) => compareWithDatabases(stage, name, target) };
}

async function compareWithDatabases(stage: Stage, name: QuestionName, target: Target): Promise<readonly Row[]> {
  const query: Query = QUESTIONS[name];
  const engine = stage.engine();
  const ours = checksumOf(engine.stream(ACCOUNT_ID, query));
  const databases = await stage.databases();
  stage.tell(`${name}: measuring`);
  const works: Record<string, Work> = { ours: () => readAll(engine, query) };
  const isSameAt: Record<string, boolean> = {};
  for (const database of databases) {
    for (const sorting of SORTINGS) {
      const title = `${database.name} by ${sorting.join(", ")}`;
      works[title] = await database.prepare(query, sorting);
      isSameAt[title] = isSame(ours, await database.checksum(query, sorting));
    }
  }
  const { ours: oursMs, ...peersMs } = await measure(works, stage);
  const checksum = toText(ours);
  const rows = databases.map((database): Row => {
    const titles = Object.keys(peersMs).filter((title) => title.startsWith(database.name));
    const [peer] = titles.toSorted((a, b) => peersMs[a]! - peersMs[b]!);
    const peerMs = peersMs[peer!]!;
    const allSame = titles.every((title) => isSameAt[title]);
    return toRow({ name, oursMs: oursMs!, peer: peer!, peerMs, ratio: peerMs / oursMs!, checksum }, target, allSame);
  });
  return rows.length > 0 ? rows : [toRow({ name, oursMs: oursMs!, ratio: NaN, checksum, note: "no peer installed" }, target)];
}

async function compareMetrics(stage: Stage): Promise<readonly Row[]> {
  const engine = stage.engine();
  const rows: Row[] = [];
  for (const name of ["E2", "E3"] as const) {
    const query: Query = QUESTIONS[name];
    const { one, eleven } = await measure(
      { one: () => readAll(engine, { ...query, metrics: [TOTAL_METRIC] }), eleven: () => readAll(engine, query) },
      stage,
    );
    rows.push(toRow({ name: `metrics ${name}`, oursMs: one, peer: "all eleven", peerMs: eleven, ratio: eleven / one }, SHOWN));
  }
  return rows;
}

async function compareGrowth(stage: Stage): Promise<readonly Row[]> {
  const query: Query = QUESTIONS.E2;
  const small = stage.engine();
  const large = stage.engine(4);
  const [smallSum, largeSum] = [small, large].map((engine) => checksumOf(engine.stream(ACCOUNT_ID, query)));
  const { four, once } = await measure({ four: () => readAll(large, query), once: () => readAll(small, query) }, stage);
  stage.dropEngine(4);
  const checksum = `${largeSum![1]} segments against ${smallSum![1]}`;
  const isWhole = largeSum![1] === 4 * stage.segmentCount && smallSum![1] === stage.segmentCount;
  return [toRow({ name: "G", oursMs: four, peer: "a quarter of it", peerMs: once, ratio: four / once, checksum }, atMost(1.5), isWhole)];
}

/** Columns are computed block by block as they are asked for; one value of each is looked at. */
function readAll(engine: Engine, query: Query): number {
  const names = query.metrics.length === 1 ? query.metrics : METRIC_NAMES;
  let seen = 0;
  for (const block of engine.stream(ACCOUNT_ID, query)) for (const name of names) seen += block.metric(name)[block.cellCount - 1]!;
  return seen;
}
