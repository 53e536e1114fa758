import { describe, expect, test } from "vitest";
import {
  EVENT_AHEAD_MAX_MS,
  parseEvent,
  SENDERS,
  UNASSIGNMENT_REASONS,
  USER_TYPES,
  type ConversationEvent,
  type ParsedEvent,
} from "../src/index.ts";

const NOW_MS = 1_763_801_515_118;
const HEADER = { eventId: "e", conversationId: "c", at: NOW_MS };

/** The least that each type says. */
const BODIES: Record<ConversationEvent["type"], object> = {
  CONVERSATION_STARTED: { type: "CONVERSATION_STARTED" },
  CONVERSATION_RESUMED: { type: "CONVERSATION_RESUMED" },
  AGENT_ASSIGNED: { type: "AGENT_ASSIGNED", agentId: "1" },
  AGENT_UNASSIGNED: { type: "AGENT_UNASSIGNED" },
  MESSAGE_SENT: { type: "MESSAGE_SENT", sentBy: "CONSUMER" },
  CONVERSATION_CLOSED: { type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
};
const OF_AGENT = { type: "MESSAGE_SENT", sentBy: "AGENT", agentId: "1" };
const ANY = BODIES.CONVERSATION_STARTED;

const IDS = ["x", "x".repeat(128), "💬".repeat(64), " ", "a b", "Zoë ✓", "0", "-1", "__proto__", "constructor", "\u2028", "\uFEFF"];
const NO_IDS = ["", "x".repeat(129), "💬".repeat(65), 7, 0, true, ["x"], {}];
const CONTROL_CHARACTERS = ["\u0000", "\t", "line\nbreak", "\r", "\u001F", "\u007F", "\u0080", "\u009F"];
const LONE_SURROGATES = ["\uD800", "a\uDC00", "\uDC00\uD800"];
const WRONG_IDS = [...NO_IDS, ...CONTROL_CHARACTERS, ...LONE_SURROGATES];
const WRONG_LISTED_IDS = [...WRONG_IDS, ",", "a,b", "all", "ALL", "aLL"];

const WHOLE = [0, 1, NOW_MS];
const NOT_WHOLE = [-1, 1.5, 2 ** 53, Number.NaN, Infinity, "0", "now", true, [0], {}];

interface FieldCase {
  readonly name: string;
  /** Events that may carry the field. */
  readonly on: readonly object[];
  readonly takes: readonly unknown[];
  readonly refuses: readonly unknown[];
  /** What null and no value at all become; without it the field is required. */
  readonly absent?: unknown;
}

const OPENINGS = [BODIES.CONVERSATION_STARTED, BODIES.CONVERSATION_RESUMED];
const NO_WORDS = ["", "agent", "CONSUMER ", "NOBODY", "toString", 0, true, ["AGENT"], {}];

const FIELDS: readonly FieldCase[] = [
  { name: "eventId", on: Object.values(BODIES), takes: [...IDS, "a,b", "all"], refuses: WRONG_IDS },
  { name: "conversationId", on: Object.values(BODIES), takes: [...IDS, "a,b", "ALL"], refuses: WRONG_IDS },
  { name: "at", on: Object.values(BODIES), takes: WHOLE, refuses: NOT_WHOLE },
  { name: "sequence", on: Object.values(BODIES), takes: [...WHOLE, 2 ** 53 - 1], refuses: NOT_WHOLE, absent: 0 },
  { name: "type", on: [ANY], takes: ["CONVERSATION_STARTED"], refuses: ["", "NOPE", "conversation_started", "__proto__", 1, ["x"], {}] },
  { name: "source", on: OPENINGS, takes: ["WEB", "A-1", "ÉCRAN"], refuses: WRONG_LISTED_IDS, absent: null },
  {
    name: "skillId",
    on: [...OPENINGS, BODIES.AGENT_ASSIGNED, BODIES.AGENT_UNASSIGNED],
    takes: IDS,
    refuses: WRONG_LISTED_IDS,
    absent: null,
  },
  { name: "agentId", on: [BODIES.AGENT_ASSIGNED, OF_AGENT], takes: IDS, refuses: WRONG_LISTED_IDS },
  { name: "groupId", on: [BODIES.AGENT_ASSIGNED], takes: IDS, refuses: WRONG_LISTED_IDS, absent: null },
  { name: "userType", on: [BODIES.AGENT_ASSIGNED], takes: USER_TYPES, refuses: [...NO_WORDS, "human", "ALIEN"], absent: "HUMAN" },
  { name: "takeover", on: [BODIES.AGENT_ASSIGNED], takes: [true, false], refuses: ["true", "yes", 0, 1, [], {}], absent: false },
  { name: "reason", on: [BODIES.AGENT_UNASSIGNED], takes: UNASSIGNMENT_REASONS, refuses: [...NO_WORDS, "TAKEOVER"], absent: null },
  { name: "sentBy", on: [BODIES.MESSAGE_SENT], takes: ["CONSUMER", "SYSTEM"], refuses: NO_WORDS },
  { name: "closedBy", on: [BODIES.CONVERSATION_CLOSED], takes: SENDERS, refuses: NO_WORDS },
];

describe("parseEvent", () => {
  for (const { name, on, takes, refuses, ...rest } of FIELDS) {
    test(`${name} takes what the contract says, and refuses all else by its name`, () => {
      for (const body of on) {
        for (const value of takes) expect(valueOf(body, name, value)).toBe(value);
        for (const value of refuses) expect({ value, faults: faultsOf({ ...body, [name]: value }) }).toEqual({ value, faults: [name] });
      }
    });

    test(`${name} may ${"absent" in rest ? "" : "not "}be absent, and null is absent`, () => {
      for (const body of on) {
        for (const none of [null, undefined]) {
          if ("absent" in rest) expect(valueOf(body, name, none)).toBe(rest.absent);
          else expect(faultsOf({ ...body, [name]: none })).toEqual([name]);
        }
      }
    });
  }

  test("a source is an id in upper case as well", () => {
    expect(valueOf(ANY, "source", "ß".repeat(64))).toBe("SS".repeat(64));
    expect(faultsOf({ ...ANY, source: "ß".repeat(65) })).toEqual(["source"]);
  });

  test("a source is kept in upper case", () => {
    expect(valueOf(ANY, "source", "écran web")).toBe("ÉCRAN WEB");
  });

  test("an event may be 60 s ahead of the clock, and not a millisecond more", () => {
    expect(valueOf(ANY, "at", NOW_MS + EVENT_AHEAD_MAX_MS)).toBe(NOW_MS + 60_000);
    expect(parse({ at: NOW_MS + EVENT_AHEAD_MAX_MS + 1 })).toEqual({
      ok: false,
      eventId: "e",
      message: `at: expected at most 60 s after the server's clock (${NOW_MS}), got ${NOW_MS + 60_001}`,
    });
  });

  test("the author of a message is its agent's; another sender has none, whatever the event says", () => {
    expect(parse(OF_AGENT)).toMatchObject({ ok: true, event: { agentId: "1" } });
    for (const agentId of ["1", 7, "a,b"])
      expect(parse({ ...BODIES.MESSAGE_SENT, agentId })).toMatchObject({ ok: true, event: { agentId: null } });
  });

  test("unknown fields, and those of other types, are ignored however ill-typed they are", () => {
    const strays = {
      extra: { x: 1 },
      closedBy: 5,
      takeover: "yes",
      reason: [],
      userType: "ALIEN",
      groupId: "a,b",
      sentBy: {},
      toString: 1,
    };
    expect(parse({ ...BODIES.CONVERSATION_STARTED, agentId: 7, ...strays })).toEqual(parse(BODIES.CONVERSATION_STARTED));
    expect(parse({ extra: [], ...BODIES.CONVERSATION_CLOSED, source: 5, skillId: "" })).toEqual(parse(BODIES.CONVERSATION_CLOSED));
  });

  test("an event holds its own fields and nothing that was not asked for", () => {
    expect(parse({ ...BODIES.AGENT_UNASSIGNED, source: "WEB" })).toEqual({
      ok: true,
      event: { ...HEADER, sequence: 0, type: "AGENT_UNASSIGNED", skillId: null, reason: null },
    });
  });

  test("what an object inherits is none of its fields", () => {
    const whole = { ...HEADER, ...ANY };
    expect(faultsOfValue(Object.create(whole))).toEqual(["eventId", "conversationId", "at", "type"]);
    expect(parseEvent(Object.create(whole), NOW_MS)).toMatchObject({ eventId: null });
    expect(faultsOfValue(Object.assign(Object.create({ type: "MESSAGE_SENT", sentBy: "SYSTEM" }), HEADER))).toEqual(["type"]);
  });

  test("a field named __proto__ is an unknown one", () => {
    const text = JSON.stringify({ ...HEADER, ...ANY });
    expect(parseEvent(JSON.parse(`{"__proto__":{"skillId":"1"},${text.slice(1)}`), NOW_MS)).toEqual(parse(ANY));
    expect(faultsOfValue(JSON.parse(`{"__proto__":${text}}`))).toEqual(["eventId", "conversationId", "at", "type"]);
  });

  test("all faults of an event are named at once", () => {
    const cases: readonly (readonly [object, readonly string[]])[] = [
      [{ eventId: "", conversationId: null, at: -1, sequence: 0.5, type: "NOPE" }, ["eventId", "conversationId", "at", "sequence", "type"]],
      [{ eventId: 7, at: NOW_MS + 60_001 }, ["eventId", "at"]],
      [{ ...BODIES.AGENT_ASSIGNED, agentId: "all", groupId: 1, userType: "X", skillId: "", takeover: 0 }, [...ASSIGNMENT_FIELDS]],
      [{ conversationId: "\n", type: "MESSAGE_SENT", sentBy: "AGENT" }, ["conversationId", "agentId"]],
      [{ at: "now", type: "MESSAGE_SENT" }, ["at", "sentBy"]],
    ];
    for (const [fields, names] of cases) expect(faultsOf(fields)).toEqual(names);
  });

  test("a rejection carries the event's id where there is one, be it wrong", () => {
    expect(parse({ type: "NOPE" })).toMatchObject({ ok: false, eventId: "e" });
    expect(parse({ eventId: "" })).toMatchObject({ ok: false, eventId: "" });
    expect(parse({ eventId: 7 })).toMatchObject({ ok: false, eventId: null });
  });

  test("what is no object is no event", () => {
    const values = [null, undefined, 7, "text", true, [], [{ ...HEADER, ...ANY }]];
    expect(values.map((value) => parseEvent(value, NOW_MS))).toEqual(
      ["null", "nothing", "7", '"text"', "true", "a list", "a list"].map((shown) => ({
        ok: false,
        eventId: null,
        message: `expected a JSON object, got ${shown}`,
      })),
    );
  });

  test("a message shows a wrong value in one short line, however long or deep it is", () => {
    const deep = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`) as unknown;
    expect(parse({ eventId: deep })).toMatchObject({ message: "eventId: expected a string, got a list" });
    expect(parseEvent(deep, NOW_MS)).toMatchObject({ message: "expected a JSON object, got a list" });
    expect(messageOf(parse({ type: "x\n".repeat(1_000_000) })).length).toBeLessThan(300);
    expect(messageOf(parse({ type: "x\n".repeat(1_000_000) }))).not.toContain("\n");
  });
});

const ASSIGNMENT_FIELDS = ["agentId", "groupId", "userType", "skillId", "takeover"];

function parse(fields: object): ParsedEvent {
  return parseEvent({ ...HEADER, ...ANY, ...fields }, NOW_MS);
}

function valueOf(body: object, name: string, value: unknown): unknown {
  const parsed = parse({ ...body, [name]: value });
  return parsed.ok ? (parsed.event as unknown as Record<string, unknown>)[name] : parsed.message;
}

/** The names of the fields that are wrong, in the order in which they are told. */
function faultsOf(fields: object): string[] {
  return namesIn(parse(fields));
}

function faultsOfValue(value: unknown): string[] {
  return namesIn(parseEvent(value, NOW_MS));
}

function namesIn(parsed: ParsedEvent): string[] {
  return parsed.ok ? [] : parsed.message.split("; ").map((fault) => fault.slice(0, fault.indexOf(":")));
}

function messageOf(parsed: ParsedEvent): string {
  return parsed.ok ? "" : parsed.message;
}
