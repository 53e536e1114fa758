import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import {
  Engine,
  METRIC_NAMES,
  NO_FILTER,
  Team,
  type Answer,
  type Block,
  type Dimension,
  type ExecutionPath,
  type Filter,
  type Query,
} from "@segmeter/engine";
import { cellsOf, referenceAnswer, referenceSegments } from "@segmeter/reference";
import { createTraffic, EngineFeed, eventLogArbitrary, queryArbitrary } from "@segmeter/testkit";
import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startHelpers, type Helpers } from "../src/index.ts";

const THREAD = new URL("../src/helper-thread.ts", import.meta.url);
const ACCOUNT = "account";
const PATHS: readonly (ExecutionPath | undefined)[] = [undefined, "subtract", "add", "scan"];
const HOUR_MS = 3_600_000;
const END_MS = 1_000 * 24 * HOUR_MS;
const WINDOW = { startMs: END_MS - 24 * HOUR_MS, endMs: END_MS };
/** So small that every answer is parted among threads, whatever it is of. */
const SMALL = { worthRows: 0, taskCells: 3 };
const GROUPINGS: readonly (readonly Dimension[])[] = [
  ["agent"],
  ["agent", "interval"],
  ["interval", "agent"],
  ["skill", "agent", "interval"],
  ["interval", "skill", "agent"],
  ["agent", "skill"],
];
const FILTERS: readonly Filter[] = [NO_FILTER, { ...NO_FILTER, userType: "HUMAN", sources: ["WEB"] }];
const QUERIES: readonly Query[] = GROUPINGS.flatMap((grouping) =>
  FILTERS.map((filter) => ({ window: WINDOW, filter, grouping, metrics: METRIC_NAMES, intervalMs: HOUR_MS / 4 })),
);

const logAndQuery = eventLogArbitrary().chain((log) => fc.record({ log: fc.constant(log), query: queryArbitrary({ log }) }));

/** A day of a contact centre, and an hour more that comes when it is posted. */
function createDay(): { readonly engine: Engine; readonly postMore: () => void } {
  const traffic = createTraffic({ seed: 7, conversationsPerDay: 1_500 });
  const engine = new Engine();
  const feed = new EngineFeed(engine);
  feed.post(ACCOUNT, traffic.eventsBetween(WINDOW.startMs, END_MS - HOUR_MS));
  return { engine, postMore: () => feed.post(ACCOUNT, traffic.eventsBetween(END_MS - HOUR_MS, END_MS).toReversed()) };
}

describe("an engine with helpers", () => {
  let helpers: Helpers;
  const lost: Error[] = [];
  beforeAll(() => {
    helpers = startHelpers({ ...SMALL, helperCount: 2, onLost: (error) => lost.push(error) });
  });
  afterAll(async () => {
    await helpers.close();
    expect(lost).toEqual([]);
  });

  test("answers as the reference does, by every execution path", () => {
    fc.assert(
      fc.property(logAndQuery, ({ log, query }) => {
        const engine = new Engine();
        new EngineFeed(engine).post(ACCOUNT, log);
        const expected = referenceAnswer(referenceSegments(log), query);
        for (const path of PATHS) expect(cellsOf(engine.ask(ACCOUNT, query, path), query)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  test("reads several answers in turn, each as if it were alone, whatever comes in meanwhile", () => {
    const { engine, postMore } = createDay();
    const expected = QUERIES.map((query) => textOf(engine.ask(ACCOUNT, query)));
    const streams = QUERIES.map((query) => engine.stream(ACCOUNT, query)[Symbol.iterator]());
    const found: string[] = QUERIES.map(() => "");
    const open = new Set(streams.keys());
    for (let round = 0; open.size > 0; round++) {
      if (round === 2) postMore();
      for (const i of open) {
        const { value, done } = streams[i]!.next();
        if (done) open.delete(i);
        else found[i] += textOf(value);
      }
    }
    expect(found).toEqual(expected);
    expect(QUERIES.map((query) => textOf(engine.ask(ACCOUNT, query)))).not.toEqual(expected);
  });

  test("lets go of an answer of which no more is read, and answers the next one", () => {
    const { engine } = createDay();
    for (const query of QUERIES) {
      const expected = textOf(engine.ask(ACCOUNT, query));
      for (let read = 0; read < 3; read++) {
        let left = read;
        for (const _ of engine.stream(ACCOUNT, query)) if (left-- === 0) break;
      }
      expect(textOf(engine.ask(ACCOUNT, query))).toBe(expected);
    }
  });

  test("has one team at a time", () => {
    expect(() => startHelpers({ helperCount: 1 })).toThrow("expected to be the only team, there is another");
  });
});

describe("an engine whose helpers", () => {
  let [day, expected]: [ReturnType<typeof createDay>, string[]] = [createDay(), []];
  beforeEach(() => {
    day = createDay();
    expected = QUERIES.map((query) => textOf(day.engine.ask(ACCOUNT, query)));
  });
  let team: Team | undefined;
  afterEach(() => team?.ended());

  const answers = (): string[] => QUERIES.map((query) => textOf(day.engine.ask(ACCOUNT, query)));

  test("never come answers alone", () => {
    team = new Team({ ...SMALL, helperCount: 3 });
    expect(answers()).toEqual(expected);
  });

  test.each([
    ["fill the next cells", 2],
    ["read the next blocks, once all is filled,", 6],
  ])("are there %s while one block is being looked at", async (_, i) => {
    team = new Team({ ...SMALL, helperCount: 1 });
    const [seat] = team.seats;
    const worker = new Worker(THREAD, { workerData: seat });
    const found: string[] = [];
    for (const block of day.engine.stream(ACCOUNT, QUERIES[i]!)) {
      found.push(textOf(block));
      // All that may be taken before these cells have been read.
      if (found.length === 1) while (!isAllTaken(seat!)) await delay(1);
    }
    expect(found.length).toBeGreaterThan(1);
    expect(found.join("")).toBe(expected[i]);
    team.close();
    await once(worker, "exit");
  });

  test("are ended in the middle of an answer goes on alone", async () => {
    team = new Team({ ...SMALL, helperCount: 1 });
    const worker = new Worker(THREAD, { workerData: team.seats[0] });
    const found: string[] = QUERIES.map(() => "");
    for (const [i, query] of QUERIES.entries()) {
      for (const block of day.engine.stream(ACCOUNT, query)) {
        found[i] += textOf(block);
        if (i === 1) await worker.terminate();
      }
    }
    expect(found).toEqual(expected);
  });

  test("begin tasks and do not end them are not waited for, and what they may write to is nobody's until they have", () => {
    team = new Team({ ...SMALL, helperCount: 1 });
    const [seat] = team.seats;
    const found: string[] = QUERIES.map(() => "");
    for (const [i, query] of QUERIES.entries()) {
      for (const block of day.engine.stream(ACCOUNT, query)) {
        found[i] += textOf(block);
        takeTask(seat!);
      }
    }
    expect(found).toEqual(expected);
    team.ended();
    expect(answers()).toEqual(expected);
  });
});

/** All that is in an answer, or in a block of it. */
function textOf(answer: Answer | Block): string {
  const { cellCount, intervals, skills, agents } = answer;
  let text = "";
  const columns = METRIC_NAMES.map((name) => answer.metric(name));
  for (let cell = 0; cell < cellCount; cell++) {
    for (const key of [intervals, skills, agents]) if (key) text += `${key.values[key.indexes[cell]!]} `;
    for (const column of columns) text += `${column[cell]} `;
    text += "\n";
  }
  return text;
}

function isAllTaken({ memory, board }: Pick<Team["seats"][number], "memory" | "board">): boolean {
  const words = new Int32Array(memory.buffer);
  const job = Atomics.load(words, board / 4);
  return Atomics.load(words, job / 4 + 4) >= Atomics.load(words, job / 4 + 5);
}

/** As a helper does, of which nothing is heard afterwards: the first word of the board, its seat and the next task of the job. */
function takeTask({ memory, board, thread }: Team["seats"][number]): void {
  const words = new Int32Array(memory.buffer);
  const job = Atomics.load(words, board / 4);
  expect(job).not.toBe(0);
  Atomics.store(words, board / 4 + 4 + 2 * thread, job);
  if (!isAllTaken({ memory, board })) Atomics.add(words, job / 4 + 4, 1);
}
