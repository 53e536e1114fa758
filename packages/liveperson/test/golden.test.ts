import type { Segment } from "@segmeter/engine";
import { referenceSegments } from "@segmeter/reference";
import { describe, expect, test } from "vitest";
import { AgentDirectory, parseAgents, Timelines, toHistoryEvents, type Snapshot } from "../src/index.ts";
import { linesOf, NOBODY, told } from "./told.ts";

const DIRECTORY = new AgentDirectory(
  parseAgents([
    { id: "11", pid: "pid-of-11", groupId: "3" },
    { id: "12", pid: "pid-of-12", userType: "BOT" },
    { id: "13", pid: "pid-of-13", groupId: "9" },
  ]).entries,
);

/**
 * The bot 12 has it from 1000, answers at 1200 and puts it under skill 6 at 2000; 11 has it from 3000, answers at 3500, is
 * answered at 3600; the manager 13 takes over at 4000 and the consumer closes at 5000.
 */
const WORKED_OUT: readonly Partial<Segment>[] = [
  {
    agentId: "12",
    groupId: null,
    userType: "BOT",
    skillId: "5",
    source: "WEB",
    startMs: 1000,
    endMs: 2000,
    startReason: "NEW_CONVERSATION",
    endReason: "SKILL_TRANSFER",
    outcome: "NON_RESPONSIVE_CONSUMER",
    responseCount: 1,
    responseMs: 200,
    firstResponseMs: 200,
  },
  {
    agentId: "11",
    groupId: "3",
    userType: "HUMAN",
    skillId: "6",
    source: "WEB",
    startMs: 3000,
    endMs: 4000,
    startReason: "TRANSFER",
    endReason: "TAKEOVER",
    outcome: "INTERACTIVE",
    responseCount: 1,
    responseMs: 500,
    firstResponseMs: 500,
  },
  {
    agentId: "13",
    groupId: "9",
    userType: "HUMAN",
    skillId: "6",
    source: "WEB",
    startMs: 4000,
    endMs: 5000,
    startReason: "TAKEOVER",
    endReason: "CLOSED_BY_CONSUMER",
    outcome: "ABANDONED_BY_CONSUMER",
    responseCount: 0,
    responseMs: 0,
    firstResponseMs: null,
  },
];

const RECORD = {
  info: {
    conversationId: "c",
    startTimeL: 100,
    endTimeL: 5000,
    source: "SHARK",
    status: "CLOSE",
    closeReason: "CONSUMER",
    latestSkillId: 6,
  },
  agentParticipants: [
    { agentId: "12", userType: "2", agentGroupId: -1, permission: "ASSIGNED_AGENT", timeL: 1000 },
    { agentId: "11", userType: "1", agentGroupId: 3, permission: "ASSIGNED_AGENT", timeL: 3000 },
    { agentId: "99", userType: "1", agentGroupId: 3, permission: "READER", timeL: 3100 },
    { agentId: "13", userType: "1", agentGroupId: 9, permission: "ASSIGNED_AGENT", timeL: 4000 },
  ],
  transfers: [
    { timeL: 2000, reason: "Skill", sourceAgentId: "12", sourceSkillId: 5, targetSkillId: 6, assignedAgentId: "null" },
    { timeL: 2500, reason: "SuggestedAgentTimeout", sourceAgentId: "null", sourceSkillId: 6, targetSkillId: 6 },
    { timeL: 4000, reason: "TakeOver", sourceAgentId: "11", sourceSkillId: 6, targetSkillId: 6, assignedAgentId: "13", by: "13" },
  ],
  messageRecords: [
    { seq: 0, dialogId: "c", participantId: "12", timeL: 1200, sentBy: "Agent" },
    { seq: 1, dialogId: "undefined", messageId: "ms::conv:c::msg:1", participantId: "11", timeL: 3500, sentBy: "Agent" },
    { seq: 2, dialogId: "undefined", participantId: "x", timeL: 3600, sentBy: "Consumer" },
  ],
};

const segmentsOf = (record: unknown): Segment[] => referenceSegments(toHistoryEvents(record, NOBODY).events);

describe("a conversation worked out by hand", () => {
  test("comes to its segments by its history", () => {
    expect(toHistoryEvents(RECORD, NOBODY).faults).toEqual([]);
    expect(segmentsOf(RECORD)).toEqual(WORKED_OUT.map((segment) => expect.objectContaining(segment)));
  });

  test("comes to the same by its webhooks", () => {
    const bodies = [
      state(100, "5", []),
      state(1000, "5", [["pid-of-12", "ASSIGNED_AGENT"]]),
      message(0, 1200, "pid-of-12", "ASSIGNED_AGENT"),
      state(2000, "6", []),
      state(2200, "6", [["pid-of-13", "ASSIGNED_AGENT", "SUGGESTED"]]),
      state(3000, "6", [["pid-of-11", "ASSIGNED_AGENT", "ACTIVE"]]),
      message(1, 3500, "pid-of-11", "ASSIGNED_AGENT"),
      message(2, 3600, "consumer", "CONSUMER"),
      state(3700, "6", [
        ["pid-of-11", "ASSIGNED_AGENT"],
        ["pid-of-13", "MANAGER"],
      ]),
      message(3, 3800, "pid-of-13", "MANAGER"),
      state(4000, "6", [["pid-of-13", "ASSIGNED_AGENT"]]),
      state(5000, "6", [["pid-of-13", "ASSIGNED_AGENT"]], { state: "CLOSE", closeReason: "CONSUMER", endTs: 5000 }),
    ];
    const { segments, faults } = told(bodies, DIRECTORY);
    expect(faults).toEqual([]);
    expect(segments).toEqual(WORKED_OUT.map((segment) => expect.objectContaining(segment)));
  });
});

test("words are the same in either case, as pids are", () => {
  const words = /"(permission|reason|sentBy|status|closeReason|role|state|id)":"[^"]+"/g;
  const otherwise = <Value>(value: Value): Value =>
    JSON.parse(JSON.stringify(value).replaceAll(words, (pair) => pair.replace(/(?<=:).*/, swapped))) as Value;
  expect(toHistoryEvents(otherwise(RECORD), NOBODY)).toEqual(toHistoryEvents(RECORD, NOBODY));
  const bodies = [
    state(1000, "6", [["pid-of-11", "ASSIGNED_AGENT", "ACTIVE"]]),
    message(0, 1200, "pid-of-11", "ASSIGNED_AGENT"),
    state(2200, "6", [["pid-of-13", "ASSIGNED_AGENT", "SUGGESTED"]]),
    state(5000, "6", [], { state: "CLOSE", closeReason: "CONSUMER", endTs: 5000 }),
  ];
  expect(told(otherwise(bodies), DIRECTORY)).toEqual(told(bodies, DIRECTORY));
});

describe("a record that contradicts itself", () => {
  test("is none without a conversation", () => {
    for (const record of [null, 7, { info: [] }]) {
      expect(toHistoryEvents(record, NOBODY)).toEqual({
        events: [],
        faults: ["info.conversationId: expected the conversation, got nothing"],
      });
    }
    const nameless = toHistoryEvents({ info: { conversationId: "undefined" } }, NOBODY);
    expect(nameless.faults).toEqual(['info.conversationId: expected the conversation, got "undefined"']);
  });

  test("is taken without the parts that cannot be, each named", () => {
    const { faults, lines } = changed({
      agentParticipants: [...RECORD.agentParticipants, { permission: "ASSIGNED_AGENT", agentId: "null", timeL: 1 }],
      transfers: [...RECORD.transfers, { reason: "Skill" }, { reason: "Whim", timeL: 4500 }],
      messageRecords: [...RECORD.messageRecords, { seq: 3, timeL: -1, sentBy: "Consumer" }, 7],
    });
    expect(lines).toEqual(linesOf(toHistoryEvents(RECORD, NOBODY).events));
    expect(faults).toEqual([
      "agentParticipants.4: expected agentId and timeL; the assignment is passed over",
      "transfers.3: expected timeL; the transfer is passed over",
      'transfers.4: reason: expected one of back2Q, Agent, Skill, TakeOver, SuggestedAgentTimeout, got "Whim"; passed over',
      "messageRecords.3: expected timeL, seq, sentBy and, of an agent, participantId; the message is passed over",
    ]);
  });

  test("credits no agent with the transfer of another", () => {
    const { faults, lines } = changed({ transfers: [{ ...RECORD.transfers[0], sourceAgentId: "77" }] });
    expect(faults[0]).toBe('transfers.0: from agent "77", who was not assigned then; passed over');
    expect(lines.filter((line) => line.startsWith("AGENT_UNASSIGNED"))).toEqual([]);
  });

  test("takes an agent whom only the interactions name, and says so", () => {
    const { faults, lines } = changed({
      agentParticipants: RECORD.agentParticipants.slice(1),
      interactions: [{ assignedAgentId: "12", interactionTimeL: 1000 }],
    });
    expect(faults).toEqual(['interactions.0: agent "12" was assigned, and is not among agentParticipants; taken from here']);
    expect(lines).toContain("AGENT_ASSIGNED 1000 agentId=12 userType=HUMAN skillId=5");
  });

  test("stays open when it does not say when it was closed", () => {
    const { faults, lines } = changed({ info: { ...RECORD.info, endTimeL: -1 } });
    expect(faults).toEqual(["info.endTimeL: expected when it was closed, got none; it stays open"]);
    expect(lines.some((line) => line.startsWith("CONVERSATION_CLOSED"))).toBe(false);
  });

  test("ends with its only dialog, or when the whole of it is said to have ended", () => {
    const dialog = { dialogId: "c", dialogType: "MAIN", startTimeL: 100 };
    for (const [section, faults] of [
      [{ ...dialog, status: "CLOSE", endTimeL: 5000, closeReason: "CONSUMER" }, []],
      [{ ...dialog, status: "CLOSE", endTimeL: -1 }, []],
      [
        { ...dialog, status: "OPEN", endTimeL: 4999 },
        ['dialogs.0.endTimeL: expected none while the status is OPEN, got "4999"; it stays open'],
      ],
      [dialog, []],
    ] as const) {
      const found = changed({ dialogs: [section] });
      expect([found.faults, found.lines.at(-1)]).toEqual([faults, "CONVERSATION_CLOSED 5000 closedBy=CONSUMER"]);
    }
  });

  test("assigns nobody while it was not open, but for sections that are dated up to 5 s apart", () => {
    const info = { conversationId: "c", startTimeL: 10_000, endTimeL: 20_000, status: "CLOSE", closeReason: "AGENT" };
    const agentParticipants = [4_999, 5_000, 25_000, 25_001].map((timeL) => ({ agentId: `${timeL}`, permission: "ASSIGNED_AGENT", timeL }));
    const { events, faults } = toHistoryEvents({ info, agentParticipants }, NOBODY);
    expect(faults).toEqual([
      "agentParticipants.0: happened at 4999, while the conversation was not open; passed over",
      "agentParticipants.3: happened at 25001, while the conversation was not open; passed over",
    ]);
    expect(linesOf(events)).toEqual([
      "CONVERSATION_STARTED 10000",
      "AGENT_ASSIGNED 10000 agentId=5000 userType=HUMAN",
      "AGENT_ASSIGNED 20000 agentId=25000 userType=HUMAN",
      "CONVERSATION_CLOSED 20000 closedBy=AGENT",
    ]);
  });

  test("lets nothing be said before it was opened", () => {
    const info = { conversationId: "c", startTimeL: 10_000 };
    const messageRecords = [4_999, 5_000].map((timeL, seq) => ({ seq, timeL, sentBy: "Consumer" }));
    const { events, faults } = toHistoryEvents({ info, messageRecords }, NOBODY);
    expect(faults).toEqual(["messageRecords.0: was sent at 4999, before the conversation was opened; passed over"]);
    expect(linesOf(events)).toEqual(["CONVERSATION_STARTED 10000", "MESSAGE_SENT 10000 sentBy=CONSUMER"]);
  });

  test("is closed no earlier than it was opened", () => {
    const { faults, lines } = changed({
      info: { ...RECORD.info, startTimeL: 20_000 },
      agentParticipants: [],
      transfers: [],
      messageRecords: [],
    });
    expect(faults).toEqual(["info: closed at 5000, before it was opened at 20000; it stays open"]);
    expect(lines).toEqual(["CONVERSATION_STARTED 20000 source=WEB"]);
  });

  test("says whom and what it expected last", () => {
    const { faults } = changed({ info: { ...RECORD.info, latestAgentId: "11", latestSkillId: 8 } });
    expect(faults).toEqual([
      'info.latestAgentId: expected the agent assigned last, "13", got "11"',
      'info.latestSkillId: expected the skill of the last transfer, "6", got "8"',
    ]);
  });

  test("keeps what is said in a survey apart from the conversation", () => {
    const { lines } = changed({
      dialogs: [
        { dialogId: "c", dialogType: "MAIN", status: "CLOSE", startTimeL: 100, endTimeL: 5000, closeReason: "CONSUMER" },
        { dialogId: "s", dialogType: "POST_SURVEY", status: "OPEN", startTimeL: 5000, endTimeL: -1 },
      ],
      messageRecords: [{ seq: 0, dialogId: "s", participantId: "x", timeL: 6000, sentBy: "Consumer" }],
    });
    expect(lines.filter((line) => line.startsWith("MESSAGE_SENT"))).toEqual([]);
  });
});

describe("a notification", () => {
  test("that cannot be read is named, change by change, and the others are taken", () => {
    const good = message(0, 1200, "consumer", "CONSUMER").body.changes[0]!;
    const changes = [
      7,
      good,
      { ...good, sequence: -1, serverTimestamp: "now", originatorMetadata: { role: "GHOST" } },
      { result: { conversationDetails: { state: "OPEN" } } },
      { result: { convId: "c", conversationDetails: { startTs: 100 } } },
    ];
    const { events, faults } = told([{ kind: "notification", body: { changes } }]);
    expect(linesOf(events)).toEqual(["CONVERSATION_STARTED 100", "MESSAGE_SENT 1200 sentBy=CONSUMER"]);
    expect(faults).toEqual([
      "changes.0: expected an object, got 7",
      "changes.2: serverTimestamp: expected epoch ms, got none",
      "changes.2: sequence: expected the message's number in its dialog, got none",
      "changes.2: originatorMetadata.role: expected one of CONSUMER, ASSIGNED_AGENT, AGENT, MANAGER, READER, CONTROLLER",
      "changes.3: convId: expected the conversation, got none",
      "changes.4: metaDataLastUpdateTs: expected when the conversation came to be so, got none; who is assigned is passed over",
    ]);
    for (const [body, fault] of [
      [null, "body: expected an object, got null"],
      [[], "body: expected an object, got a list"],
      [{ body: { changes: {} } }, "changes: expected a list, got an object"],
    ]) {
      expect(told([body]).faults).toEqual([fault]);
    }
  });

  test("with two assigned agents credits neither", () => {
    const { events, faults } = told([
      state(1000, "5", [
        ["a", "ASSIGNED_AGENT"],
        ["b", "ASSIGNED_AGENT"],
      ]),
    ]);
    expect(linesOf(events)).toEqual(["CONVERSATION_STARTED 100 source=WEB"]);
    expect(faults).toEqual(["changes.0: participants: expected at most one assigned agent, got 2; none of them is taken"]);
  });

  test("of a state before the conversation's start says nothing of who is assigned", () => {
    const { events, faults } = told([state(99, "5", [["a", "ASSIGNED_AGENT"]])]);
    expect(linesOf(events)).toEqual(["CONVERSATION_STARTED 100 source=WEB"]);
    expect(faults).toEqual(["changes.0: metaDataLastUpdateTs: expected at or after startTs (100), got 99; who is assigned is passed over"]);
  });

  test("names participants by role too, and agents by account and id", () => {
    const body = state(1000, "-1", []);
    Object.assign(body.body.changes[0]!.result.conversationDetails, {
      participants: { ASSIGNED_AGENT: ["51680169.11"], READER: ["51680169.12"] },
    });
    expect(linesOf(told([body], DIRECTORY).events).at(-1)).toBe("AGENT_ASSIGNED 1000 agentId=11 groupId=3 userType=HUMAN");
  });

  test("of a conversation that is open again without a dialog of its own is a resume", () => {
    const closed = { state: "CLOSE", closeReason: "AGENT", endTs: 2000 };
    const bodies = [
      state(1000, "5", [["pid-of-11", "ASSIGNED_AGENT"]]),
      state(2000, "5", [], closed),
      state(3000, "5", [["pid-of-11", "ASSIGNED_AGENT"]]),
      state(4000, "5", [], { ...closed, endTs: 4000 }),
    ];
    for (const order of [bodies, bodies.toReversed()]) {
      expect(told(order, DIRECTORY).segments).toMatchObject([
        { startMs: 1000, endMs: 2000, startReason: "NEW_CONVERSATION" },
        { startMs: 3000, endMs: 4000, startReason: "RESUME" },
      ]);
    }
  });
});

describe("a hand-over that both feeds date differently", () => {
  const bodies = [
    state(100, "5", []),
    state(1000, "5", [["pid-of-11", "ASSIGNED_AGENT"]]),
    state(2000, "5", [["pid-of-13", "ASSIGNED_AGENT"]]),
    state(9000, "5", [["pid-of-13", "ASSIGNED_AGENT"]], { state: "CLOSE", closeReason: "AGENT", endTs: 9000 }),
  ];
  const record = {
    info: { conversationId: "c", startTimeL: 100, endTimeL: 9000, status: "CLOSE", closeReason: "AGENT", latestSkillId: 5 },
    agentParticipants: [
      { agentId: "11", permission: "ASSIGNED_AGENT", timeL: 1000 },
      { agentId: "13", permission: "ASSIGNED_AGENT", timeL: 2060 },
    ],
    transfers: [{ timeL: 2040, reason: "Agent", sourceAgentId: "11", sourceSkillId: 5, targetSkillId: 5, assignedAgentId: "13" }],
  };

  test("is one, at the moment of the webhook that came before", () => {
    expect(workOf(bodies, record)).toEqual(["11 1000–2000 AGENT_TRANSFER", "13 2000–9000 CLOSED_BY_AGENT"]);
  });

  test("is one, at the history's moments, if the webhook comes later", () => {
    const [first, , handOver] = bodies;
    expect(workOf([first], record, [handOver, handOver])).toEqual(["11 1000–2040 AGENT_TRANSFER", "13 2060–9000 CLOSED_BY_AGENT"]);
  });

  test("is a stay in the queue, however short, if the webhooks show one", () => {
    const stay = [bodies[1], state(2000, "5", []), state(2001, "5", [["pid-of-11", "ASSIGNED_AGENT"]]), bodies[3]];
    const back = {
      ...record,
      agentParticipants: [record.agentParticipants[0], { agentId: "11", permission: "ASSIGNED_AGENT", timeL: 2041 }],
      transfers: [{ ...record.transfers[0], reason: "back2Q", assignedAgentId: "null" }],
    };
    expect(workOf(stay, back)).toEqual(["11 1000–2000 BACK_TO_QUEUE", "11 2001–9000 CLOSED_BY_AGENT"]);
    expect(workOf([], back, stay)).toEqual(["11 1000–2040 BACK_TO_QUEUE", "11 2041–9000 CLOSED_BY_AGENT"]);
    // All that the webhooks lost.
    expect(workOf([bodies[1], bodies[3]], back)).toEqual(["11 1000–2040 BACK_TO_QUEUE", "11 2041–9000 CLOSED_BY_AGENT"]);
  });

  test("is no reason to pass over what webhooks tell of a conversation whose record leaves out who was at work", () => {
    const { info } = record;
    expect(workOf([], { info }, bodies)).toEqual(["11 1000–2000 AGENT_TRANSFER", "13 2000–9000 CLOSED_BY_AGENT"]);
  });
});

/** The segments of both feeds, in the order in which they come. */
function workOf(before: readonly unknown[], given: object, after: readonly unknown[] = []): string[] {
  const timelines = new Timelines();
  const first = told(before, DIRECTORY, timelines).events;
  const { events, kept } = timelines.tell(toHistoryEvents(given, DIRECTORY).events, DIRECTORY, 0);
  for (const each of kept) timelines.restore(each);
  const segments = referenceSegments([...first, ...events, ...told(after, DIRECTORY, timelines).events]);
  return segments.map(({ agentId, startMs, endMs, endReason }) => `${agentId} ${startMs}–${endMs} ${endReason}`);
}

function swapped(text: string): string {
  return text.replaceAll(/[a-z]/gi, (letter) => (/[a-z]/.test(letter) ? letter.toUpperCase() : letter.toLowerCase()));
}

/** The record with some of its sections changed. */
function changed(changes: object): { faults: readonly string[]; lines: string[] } {
  const { events, faults } = toHistoryEvents({ ...RECORD, ...changes }, NOBODY);
  return { faults, lines: linesOf(events) };
}

test("of conversations that were closed long ago nothing is kept that the history tells, unless webhooks told of them", () => {
  const timelines = new Timelines();
  const tell = (): number => timelines.tell(toHistoryEvents(RECORD, NOBODY).events, NOBODY, 5001).kept.length;
  expect(tell()).toBe(0);
  told([state(100, "5", [])], NOBODY, timelines);
  expect(tell()).toBe(1);
});

test("of more conversations than are kept those that were touched last are judged by what came before", () => {
  const timelines = new Timelines(2);
  for (const id of ["a", "b", "a", "c"]) timelines.restore(assigned(id, 1000, "x"));
  const takeovers = ["a", "b", "c"].map(
    (id) => timelines.add({ conversationId: id, boundaries: [], snapshot: assigned(id, 2000, "m") }, NOBODY).events,
  );
  expect(takeovers.map((events) => events.some((event) => event.type === "AGENT_ASSIGNED" && event.takeover))).toEqual([
    true,
    false,
    false,
  ]);
});

function assigned(conversationId: string, at: number, agent: string): Snapshot {
  return { conversationId, at, stage: null, agent, isSuggested: false, managers: ["m"], skillId: null, source: null, isClosed: false };
}

interface StateBody {
  readonly body: { readonly changes: readonly { readonly result: { readonly convId: string; readonly conversationDetails: object } }[] };
}

function state(at: number, skillId: string, participants: readonly (readonly string[])[], more: object = {}): StateBody {
  const conversationDetails = {
    skillId,
    participants: participants.map(([id, role, participantState]) => ({ id, role, ...(participantState && { state: participantState }) })),
    state: "OPEN",
    startTs: 100,
    metaDataLastUpdateTs: at,
    context: { type: "SharkContext" },
    ...more,
  };
  return { body: { changes: [{ result: { convId: "c", conversationDetails } }] } };
}

function message(sequence: number, at: number, id: string, role: string): { readonly body: { readonly changes: readonly object[] } } {
  const event = { type: "ContentEvent", message: "…", contentType: "text/plain" };
  return {
    body: { changes: [{ sequence, originatorMetadata: { id, role }, serverTimestamp: at, event, conversationId: "c", dialogId: "c" }] },
  };
}
