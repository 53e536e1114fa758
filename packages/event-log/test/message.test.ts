import type { ConversationEvent } from "@segmeter/engine";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { READERS, toMessages } from "../src/jetstream/message.ts";
import { toEvent, type EventRow } from "../src/sqlite/event-row.ts";
import { EventUnpacker, pack } from "../src/sqlite/packed-events.ts";
import type { RowBlock } from "../src/sqlite/row-block.ts";
import { anyEvent } from "./arbitrary-events.ts";
import { message, messages } from "./messages.ts";

const PAYLOAD_BYTES_MAX = 1024 * 1024;
const anyEvents = fc.array(anyEvent, { minLength: 1 });

interface Opened {
  readonly events: readonly ConversationEvent[];
  readonly rows: RowBlock;
  readonly faults: readonly string[];
}

function open(format: string, payload: Uint8Array | string): Opened {
  const faults: string[] = [];
  const { accountId, events, rows } = READERS.get(format)!("x", typeof payload === "string" ? Buffer.from(payload) : payload, faults);
  expect(accountId).toBe("x");
  return { events, rows, faults };
}

/** As a node parses a post: what is no event left out, and what is left as it is kept. */
function asPosted(events: readonly ConversationEvent[]): ConversationEvent[] {
  return [...open("1", JSON.stringify(events)).events];
}

/** What the log's file is given of blocks that are stored together, as it would be read again; in the order of arrival. */
function stored(...blocks: RowBlock[]): ConversationEvent[] {
  const unpacker = new EventUnpacker(pack(blocks));
  const lists = unpacker.conversations.map(([accountId, conversationId], c) => {
    expect(accountId).toBe("x");
    const rows = JSON.parse(textOf(unpacker.listOf(c))) as EventRow[];
    rows.forEach((row, i) => {
      const place = unpacker.starts[c]! + i;
      expect(JSON.parse(textOf(unpacker.joinedList([c], allBut(place, unpacker.ats.length))))).toEqual([row]);
      expect([unpacker.eventIds[place], unpacker.ats[place]]).toEqual([row[0], row[1]]);
    });
    return rows.map((row) => toEvent(row, conversationId));
  });
  return Array.from(unpacker.conversationNumbers, (number) => lists[number]!.shift()!);
}

function allBut(place: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => (i === place ? 0 : 1));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

describe("A message", () => {
  test("holds its conversations once, and the rows of each as they stand in the file", () => {
    const events = [message("c1", "7", 1763801515118), message("c2", "8", 1763801515119), message("c1", "9", 1763801515120)];
    const [batch] = toMessages([{ accountId: "x", events }], PAYLOAD_BYTES_MAX);
    expect(textOf(batch!.rows.bytes)).toBe(
      '{"conversations":["c1","c2"],"order":[0,1,0],"rows":[[["7",1763801515118,0,5,null,1],["9",1763801515120,0,5,null,1]],[["8",1763801515119,0,5,null,1]]]}',
    );
  });

  test("gives the events of its batches again, in their order", () => {
    fc.assert(
      fc.property(fc.array(anyEvents), fc.integer({ min: 2_000, max: 10_000 }), (batches, payloadBytesMax) => {
        const written = toMessages(
          batches.map((events) => ({ accountId: "x", events })),
          payloadBytesMax,
        );
        const read = written.map(({ rows: { bytes } }) => open("2", bytes));
        expect(read.flatMap(({ events }) => events)).toEqual(asPosted(batches.flat()));
        expect(Math.max(0, ...written.map(({ rows: { bytes } }) => bytes.length))).toBeLessThanOrEqual(payloadBytesMax);
      }),
    );
  });

  test("is stored as it came", () => {
    fc.assert(
      fc.property(anyEvents, (given) => {
        const events = asPosted(given);
        fc.pre(events.length > 0);
        const [written] = toMessages([{ accountId: "x", events }], PAYLOAD_BYTES_MAX);
        const { rows, faults } = open("2", written!.rows.bytes);
        expect(faults).toEqual([]);
        expect(rows.bytes).toBe(written!.rows.bytes);
        const { numbers, eventIds, ats, rowEnds, listStarts } = written!.rows;
        expect(rows).toMatchObject({ numbers, eventIds, ats, rowEnds, listStarts });
        expect(stored(rows)).toEqual(events);
      }),
    );
  });

  test("is stored together with others", () => {
    fc.assert(
      fc.property(fc.array(anyEvents, { minLength: 1 }), (batches) => {
        const all = batches.map(asPosted);
        const blocks = all.flatMap((events) => toMessages([{ accountId: "x", events }], PAYLOAD_BYTES_MAX).map(({ rows }) => rows));
        expect(stored(...blocks)).toEqual(all.flat());
      }),
    );
  });

  test("takes at most 65 bytes an event where 2,000 are of some hundred conversations", () => {
    const [written] = toMessages([{ accountId: "x", events: messages(1_000_000, 1_002_000, 700) }], PAYLOAD_BYTES_MAX);
    expect(written!.rows.bytes.length / 2_000).toBeLessThanOrEqual(65);
  });

  test("is refused where one event is longer", () => {
    const events = [message("c", "1"), message("c", "2".repeat(128))];
    expect(() => toMessages([{ accountId: "x", events }], 128)).toThrow(RangeError);
  });
});

describe("A message of anybody", () => {
  const row = ["7", 1000, 0, 5, null, 1];
  const event = message("c", "7", 1000);

  test.each([
    ["no JSON", "no JSON", []],
    ["a list", "[]", []],
    ["null", "null", []],
    ["without rows", { conversations: ["c"], order: [0] }, []],
    ["with fewer conversations than lists", { conversations: [], order: [0], rows: [[row]] }, []],
    ["with an order of too few", { conversations: ["c"], order: [], rows: [[row]] }, []],
    ["with an order of too many", { conversations: ["c"], order: [0, 0], rows: [[row]] }, []],
    ["with an order of others", { conversations: ["c"], order: [1], rows: [[row]] }, []],
    ["with an order in words", { conversations: ["c"], order: ["0"], rows: [[row]] }, []],
    ["with an order of no number", { conversations: ["c"], order: ["length"], rows: [[row]] }, []],
    ["with a row that is none", { conversations: ["c"], order: [0, 0], rows: [[7, row]] }, [event]],
    ["with a code of nothing", { conversations: ["c"], order: [0, 0], rows: [[row, ["8", 1000, 0, 5, null, 9]]] }, [event]],
    ["with a code that is a word", { conversations: ["c"], order: [0, 0], rows: [[row, ["8", 1000, 0, "length"]]] }, [event]],
    ["with a code that is an object", { conversations: ["c"], order: [0, 0], rows: [[["8", 1, 0, { toString: 1 }], row]] }, [event]],
    ["with a conversation without id", { conversations: ["", "c"], order: [1, 0], rows: [[row], [row]] }, [event]],
    ["with a moment that is none", { conversations: ["c"], order: [0, 0], rows: [[["8", -1, 0, 5, null, 1], row]] }, [event]],
  ])("%s is told, and what is an event in it taken", (_, value, expected) => {
    const { events, rows, faults } = open("2", typeof value === "string" ? value : JSON.stringify(value));
    expect(faults).toHaveLength(1);
    expect(events).toEqual(expected);
    expect(stored(rows)).toEqual(expected);
  });

  test.each([
    ["with room in between", JSON.stringify({ conversations: ["c"], order: [0], rows: [[row]] }, null, 1)],
    ["in another order", JSON.stringify({ rows: [[row]], order: [0], conversations: ["c"] })],
    ["with more to it", JSON.stringify({ conversations: ["c"], order: [0], rows: [[row]], more: { rows: [[["8", 1, 0, 5, null, 1]]] } })],
    ["with rows twice", '{"rows":[[["8",1,0,5,null,1]]],"conversations":["c"],"order":[0],"rows":[[["7",1000,0,5,null,1]]]}'],
    ["with a list in a row", JSON.stringify({ conversations: ["c"], order: [0], rows: [[[...row, ["]"]]]] })],
    ["with words in a row that look like its end", JSON.stringify({ conversations: ["c"], order: [0], rows: [[[...row, 'a"],["\\']]] })],
    ["with an author of a consumer's message", JSON.stringify({ conversations: ["c"], order: [0], rows: [[["7", 1000, 0, 5, "a", 1]]] })],
    ["with an empty conversation", JSON.stringify({ conversations: ["d", "c"], order: [1], rows: [[], [row]] })],
  ])("%s means the same", (_, payload) => {
    const { events, rows, faults } = open("2", payload);
    expect(faults).toEqual([]);
    expect(events).toEqual([event]);
    expect(stored(rows)).toEqual([event]);
  });

  test("that names a conversation twice keeps the order of its events", () => {
    const value = { conversations: ["c", "c"], order: [1, 0], rows: [[["7", 1000, 0, 5, null, 1]], [["8", 1000, 0, 5, null, 1]]] };
    const { events, rows } = open("2", JSON.stringify(value));
    expect(events).toEqual([message("c", "8", 1000), event]);
    expect(rows.conversations).toHaveLength(1);
    expect(stored(rows)).toEqual(events);
  });

  test("is stored as what it was read as, whatever it is", () => {
    const anyScalar = fc.oneof(fc.string(), fc.integer({ min: -1, max: 9 }), fc.constantFrom(null, true, 0.5, "all", 'a"]', "\u0000"));
    const anyRow = fc.oneof(
      {
        weight: 9,
        arbitrary: fc.tuple(fc.constantFrom("1", "2"), fc.nat(9), fc.nat(9), fc.integer({ min: 0, max: 7 }), anyScalar, anyScalar),
      },
      fc.array(anyScalar),
      fc.jsonValue(),
    );
    const anyMessage = fc.array(fc.array(anyRow, { maxLength: 3 }), { maxLength: 3 }).chain((rows) =>
      fc.record({
        conversations: fc.constant(rows.map((_, c) => `c${c}`)),
        order: fc.constant(rows.flatMap((list, c) => list.map(() => c))),
        rows: fc.constant(rows),
      }),
    );
    fc.assert(
      fc.property(anyMessage, (value) => {
        const { events, rows, faults } = open("2", JSON.stringify(value));
        expect(events.length + faults.length).toBe(value.order.length);
        expect(stored(rows)).toEqual(events);
      }),
    );
  });

  test("never fails, and is stored as what it was read as, with bytes changed, left out or put in", () => {
    const anyChange = fc.tuple(fc.nat(), fc.nat(2), fc.oneof(fc.constantFrom(...Buffer.from('[]{},:"\\09 c')), fc.nat(255)));
    fc.assert(
      fc.property(anyEvents, fc.array(anyChange, { minLength: 1, maxLength: 3 }), (events, changes) => {
        const [written] = toMessages([{ accountId: "x", events }], PAYLOAD_BYTES_MAX);
        const payload = [...written!.rows.bytes];
        for (const [at, removed, byte] of changes) payload.splice(at % payload.length, removed, byte);
        const read = open("2", Uint8Array.from(payload));
        expect(stored(read.rows)).toEqual(read.events);
      }),
    );
  });
});

describe("A message of the first format", () => {
  test("is a list of events as they could have been posted", () => {
    const posted = '[{"eventId":"7","conversationId":"c1","at":1000,"type":"MESSAGE_SENT","sentBy":"CONSUMER"}]';
    const { events, rows, faults } = open("1", posted);
    expect(faults).toEqual([]);
    expect(events).toEqual([message("c1", "7", 1000)]);
    expect(stored(rows)).toEqual(events);
  });

  test("that is none is told", () => {
    for (const payload of ["no JSON", "{}", '[{"type":"NONSENSE"}]']) {
      const { events, faults } = open("1", payload);
      expect([events.length, faults.length]).toEqual([0, 1]);
    }
  });
});
