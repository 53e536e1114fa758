import { beforeEach, describe, expect, test } from "vitest";
import { Calendar } from "../src/calendar.ts";
import { Columns, type SignedSegment } from "../src/columns.ts";
import { Lane } from "../src/lane.ts";
import { roomBytes } from "../src/memory.ts";
import type { SignedRow } from "../src/row.ts";

const HOUR_MS = 3_600_000;
const START_MS = 500_000 * HOUR_MS;
const HOURS = 2;

// What a test leaves behind must not be collected, and counted as given back, in the middle of the next one.
const kept: unknown[] = [];
let before = 0;
beforeEach(() => (before = roomBytes()));
const takenBytes = (): number => before - roomBytes();

describe("the memory of a calendar", () => {
  test.each([
    { rowsAnHour: 1, laneCount: 130, bytes: 144 },
    { rowsAnHour: 100, laneCount: 130, bytes: 600 },
    { rowsAnHour: 800, laneCount: 130, bytes: 3_000 },
    { rowsAnHour: 800, laneCount: 800, bytes: 7_000 },
    { rowsAnHour: 6_000, laneCount: 2_000, bytes: 35_000 },
    { rowsAnHour: 12_000, laneCount: 130, bytes: 24_000 },
    { rowsAnHour: 12_000, laneCount: 2_000, bytes: 110_000 },
  ])("has at most $bytes bytes an hour for $rowsAnHour rows an hour of $laneCount lanes", ({ rowsAnHour, laneCount, bytes }) => {
    const filled = new Filled(rowsAnHour, laneCount);
    expect(filled.bytes).toBeGreaterThan(0);
    expect(filled.bytes / HOURS).toBeLessThanOrEqual(bytes);
  });

  test("is given back hour by hour when what ended in them is forgotten", () => {
    const filled = new Filled(3_000, 200);
    const all = filled.bytes;
    filled.calendar.forget(START_MS + HOUR_MS - 1);
    expect(filled.bytes).toBe(all);
    filled.calendar.forget(START_MS + HOUR_MS);
    expect(filled.bytes).toBeLessThan(all * 0.6);
    filled.calendar.forget(START_MS + 2 * HOUR_MS);
    expect(filled.bytes).toBe(0);
  });

  test("becomes less as rows are taken back, and nothing with the last one", () => {
    const filled = new Filled(9_000, 50);
    for (let left = filled.rows.length, fewer = 0; left > 0; left = fewer) {
      const { bytes } = filled;
      fewer = Math.floor(left / 16);
      filled.change(filled.rows.slice(fewer, left), -1);
      expect(filled.bytes).toBeLessThan(bytes);
    }
    expect(filled.bytes).toBe(0);
  });

  test("stays as it is when rows are taken back and added again, as late events do", () => {
    const filled = new Filled(1_000, 100);
    const { bytes } = filled;
    for (let i = 0; i < 20; i++) {
      filled.change(filled.rows.slice(0, 500), -1);
      filled.change(filled.rows.slice(0, 500), 1);
    }
    expect(filled.bytes).toBe(bytes);
  });
});

describe("the memory of many accounts", () => {
  test("is that of their lanes, and little beside it; what ended before the retention takes none", () => {
    const accounts = Array.from({ length: 60 }, () => new Columns());
    kept.push(accounts);
    const dayMs = 24 * HOUR_MS;
    for (const [a, columns] of accounts.entries()) {
      const segments = Array.from({ length: 1_200 }, (_, i) => segmentOf(`${i % 9}`, START_MS + ((i * 7_919_113 + a) % dayMs)));
      columns.load(segments, -Infinity);
      columns.laid();
    }
    const lanes = accounts.flatMap((columns) => columns.lanes);
    const laneBytes = (): number =>
      lanes.reduce((sum, { rows, facets }) => sum + paddedTo16(rows.area.bytes) + paddedTo16(facets.area.bytes), 0);
    const beside = (): number => (takenBytes() - laneBytes()) / accounts.length;
    expect(beside()).toBeGreaterThan(0);
    expect(beside()).toBeLessThan(24 * 200);

    for (const columns of accounts) columns.forget(START_MS + dayMs / 2);
    expect(beside()).toBeLessThan(13 * 200);
    for (const columns of accounts) columns.forget(START_MS + dayMs);
    expect(beside()).toBe(0);
    expect(takenBytes() / lanes.length).toBeLessThan(200);
  });
});

/** Lanes with rows at random, and the calendar of them. */
class Filled {
  readonly calendar = new Calendar();
  readonly rows: { readonly lane: number; readonly row: SignedRow }[] = [];
  readonly #lanes: Lane[];
  readonly #roomBefore: number;

  constructor(rowsAnHour: number, laneCount: number) {
    this.#lanes = Array.from({ length: laneCount }, () => new Lane());
    kept.push(this);
    for (let i = 0; i < HOURS * rowsAnHour; i++) {
      const endMs = START_MS + ((i * 7_919_113) % (HOURS * HOUR_MS));
      const values = { durationMs: 1, responseMs: 1, firstResponseMs: 1, responses: 1, code: 0 };
      this.rows.push({ lane: (i * 31) % laneCount, row: { sign: 1, endMs, facet: 0, conversationKey: i, ...values } });
    }
    // With the room that they need to take rows back and add them again.
    this.#merge(this.rows, 1);
    this.#roomBefore = roomBytes();
    this.#note(this.rows, 1);
  }

  /** Of the calendar alone. */
  get bytes(): number {
    return this.#roomBefore - roomBytes();
  }

  change(rows: Filled["rows"], sign: 1 | -1): void {
    this.#merge(rows, sign);
    this.#note(rows, sign);
  }

  #merge(rows: Filled["rows"], sign: 1 | -1): void {
    for (const [index, lane] of this.#lanes.entries()) {
      const changes = rows.filter((changed) => changed.lane === index).map(({ row }) => signed(row, sign));
      lane.merge(
        changes.toSorted((a, b) => a.endMs - b.endMs),
        0,
      );
    }
  }

  #note(rows: Filled["rows"], sign: 1 | -1): void {
    for (const { lane, row } of rows) this.calendar.change(lane, signed(row, sign));
    this.calendar.settle(this.#lanes);
  }
}

function signed(row: SignedRow, sign: 1 | -1): SignedRow {
  return { ...row, sign };
}

function paddedTo16(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}

function segmentOf(agentId: string, endMs: number): SignedSegment {
  return {
    sign: 1,
    conversationKey: endMs,
    segment: {
      conversationId: "c",
      agentId,
      groupId: null,
      userType: "HUMAN",
      skillId: null,
      source: "WEB",
      startMs: endMs - 1,
      endMs,
      startReason: "NEW_CONVERSATION",
      endReason: "CLOSED_BY_AGENT",
      outcome: "INTERACTIVE",
      responseCount: 0,
      responseMs: 0,
      firstResponseMs: null,
    },
  };
}
