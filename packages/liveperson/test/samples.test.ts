import { existsSync, readFileSync } from "node:fs";
import { referenceSegments } from "@segmeter/reference";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { parseNotification, toHistoryEvents } from "../src/index.ts";
import { linesOf, NOBODY, told } from "./told.ts";

/** Documented payloads, where they lie beside the project. */
const SAMPLES = new URL("../../../../shared/samples/liveperson/", import.meta.url);

describe.runIf(existsSync(SAMPLES))("the documented samples", () => {
  test("the eight bodies of one conversation end in its segment", () => {
    const bodies = (read("webhook-examples-sequence.json") as { payload: unknown }[]).map(({ payload }) => payload);
    const before = told(bodies);
    expect(linesOf(before.events)).toEqual([
      "CONVERSATION_STARTED 1528371161882",
      "CONVERSATION_STARTED 1528371161882",
      "AGENT_UNASSIGNED 1528371161882",
      "MESSAGE_SENT 1528371161893 sentBy=CONSUMER",
      "AGENT_ASSIGNED 1528371195521 agentId=29c3019d-fe0b-5200-afe8-737abfeae4b4 userType=HUMAN",
      "MESSAGE_SENT 1528371199686 sentBy=AGENT agentId=29c3019d-fe0b-5200-afe8-737abfeae4b4",
      "MESSAGE_SENT 1528372178604 sentBy=AGENT agentId=29c3019d-fe0b-5200-afe8-737abfeae4b4",
    ]);
    expect([before.passedOverCount, before.faults, before.segments]).toEqual([3, [], []]);

    // The documentation ends before the conversation does.
    const last = structuredClone(bodies[2]) as { body: { changes: { result: { conversationDetails: object } }[] } };
    Object.assign(last.body.changes[0]!.result.conversationDetails, {
      state: "CLOSE",
      closeReason: "AGENT",
      endTs: 1528372200000,
      metaDataLastUpdateTs: 1528372200000,
    });
    expect(told([...bodies, last]).segments).toEqual([
      {
        conversationId: "5491244f-e462-4c63-bf4e-faf4b2d3e7b5",
        agentId: "29c3019d-fe0b-5200-afe8-737abfeae4b4",
        groupId: null,
        userType: "HUMAN",
        skillId: null,
        source: "UNKNOWN",
        startMs: 1528371195521,
        endMs: 1528372200000,
        startReason: "NEW_CONVERSATION",
        endReason: "CLOSED_BY_AGENT",
        outcome: "NON_RESPONSIVE_CONSUMER",
        responseCount: 1,
        responseMs: 4165,
        firstResponseMs: 4165,
      },
    ]);
  });

  const single: Record<string, readonly string[]> = {
    "webhook-ExConversationChange-opened.json": ["CONVERSATION_STARTED 1544178732211", "AGENT_UNASSIGNED 1544178732211"],
    "webhook-ExConversationChange-closed-by-consumer.json": [
      "CONVERSATION_STARTED 1545398580042",
      "CONVERSATION_CLOSED 1545399379370 closedBy=CONSUMER",
    ],
    "webhook-ContentEvent-consumer-with-conversationId.json": ["MESSAGE_SENT 1544190529528 sentBy=CONSUMER"],
    "webhook-ContentEvent-with-messageAudience.json": ["MESSAGE_SENT 1641916856713 sentBy=CONSUMER"],
    "webhook-ChatStateEvent-consumer.json": [],
    "agentsdk-AgentStateNotification.json": [],
    "agentsdk-RoutingTaskNotification.json": [],
    "agentsdk-ExConversationChangeNotification.json": [
      "CONVERSATION_STARTED 1516999063585 source=APP",
      "AGENT_ASSIGNED 1516999196220 agentId=393c6873-756d-54af-86e1-8795d57eba14 userType=HUMAN",
      "MESSAGE_SENT 1516999340978 sentBy=AGENT agentId=393c6873-756d-54af-86e1-8795d57eba14",
    ],
    "ums-raw-ExConversationChange-closed-main-open-survey.json": [
      "CONVERSATION_STARTED 1564685380489 source=WHATSAPP BUSINESS",
      "CONVERSATION_CLOSED 1564734095888 closedBy=AGENT",
    ],
    // Whom it suggests was never assigned.
    "ums-raw-ExConversationChange-with-post-survey-suggested.json": [
      "CONVERSATION_STARTED 1568004067509",
      "MESSAGE_SENT 1568004067782 sentBy=CONSUMER",
      "CONVERSATION_CLOSED 1568004100407 closedBy=CONSUMER",
    ],
  };
  for (const [name, lines] of Object.entries(single)) {
    test(`${name} comes to its events, and to no segment by itself`, () => {
      const { events, faults, segments } = told([read(name)]);
      expect([linesOf(events), faults, segments]).toEqual([lines, [], []]);
    });
  }

  test("of the agent SDK's messaging notifications only the message counts", () => {
    const bodies = (read("agentsdk-MessagingEventNotification.json") as { payload: unknown }[]).map(({ payload }) => payload);
    const { events, faults, passedOverCount } = told(bodies);
    expect(linesOf(events)).toEqual(["MESSAGE_SENT 1517002351775 sentBy=AGENT agentId=393c6873-756d-54af-86e1-8795d57eba14"]);
    expect([faults, passedOverCount]).toEqual([[], 4]);
  });

  test("the signed bodies are read as well", () => {
    const { vectors } = read("webhook-signature-vectors.json") as { vectors: { body: unknown }[] };
    expect(vectors.map(({ body }) => parseNotification(body, NOBODY).faults)).toEqual([[], []]);
  });

  test("the record of 2017 is an open conversation, with the agent that it was assigned to", () => {
    const { events, faults } = toHistoryEvents(recordOf("history-conversations-search-2017.json"), NOBODY);
    expect(linesOf(events)).toEqual([
      "CONVERSATION_STARTED 1472481024565 source=APP",
      "AGENT_ASSIGNED 1472483645005 agentId=3677470410 userType=HUMAN",
      "MESSAGE_SENT 1472483659564 sentBy=CONSUMER",
      "MESSAGE_SENT 1472483742568 sentBy=CONSUMER",
    ]);
    expect([faults, referenceSegments(events)]).toEqual([[], []]);
  });

  test("the record of 2020 is taken as far as it does not contradict itself, and all the rest is named", () => {
    const { events, faults } = toHistoryEvents(recordOf("history-conversations-search-2020.json"), NOBODY);
    expect(linesOf(events)).toEqual([
      "CONVERSATION_STARTED 1472481024565 source=APP",
      "AGENT_ASSIGNED 1472483645005 agentId=3677470410 userType=HUMAN",
      "MESSAGE_SENT 1472483659564 sentBy=CONSUMER",
      "MESSAGE_SENT 1472483659564 sentBy=AGENT agentId=3677470410",
      "MESSAGE_SENT 1472483742568 sentBy=CONSUMER",
      "MESSAGE_SENT 1508840692962 sentBy=AGENT agentId=2198186612",
    ]);
    expect(faults).toEqual([
      'dialogs.0.closeReason: expected none while the status is OPEN, got "AGENT"; it stays open',
      'dialogs.0.endTimeL: expected none while the status is OPEN, got "1506326213422"; it stays open',
      'info.closeReason: expected none while the status is OPEN, got "AGENT"; it stays open',
      'transfers.0: from agent "196875613", who was not assigned then; passed over',
      'transfers.1: from agent "7", who was not assigned then; passed over',
      "messageRecords.1: time says 1472483660569, timeL 1472483659564, which is taken",
    ]);
    expect(referenceSegments(events)).toEqual([]);
  });

  test("a time without a zone says nothing, wherever it is read", () => {
    vi.stubEnv("TZ", "America/New_York");
    onTestFinished(() => void vi.unstubAllEnvs());
    const message = { timeL: 1472483659564, seq: 1, sentBy: "Consumer", dialogId: "c" };
    const faultsOf = (time: string): readonly string[] =>
      toHistoryEvents({ info: { conversationId: "c", startTimeL: 1472481024565 }, messageRecords: [{ ...message, time }] }, NOBODY).faults;
    expect(["2016-08-29 15:14:19.564", "2016-08-29 15:14:19.564+0000", "2016-08-29T15:14:19.564Z"].map(faultsOf)).toEqual([[], [], []]);
    expect(faultsOf("2016-08-29 15:14:19.564+0100")).toEqual([
      "messageRecords.0: time says 1472480059564, timeL 1472483659564, which is taken",
    ]);
  });
});

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, SAMPLES), "utf8"));
}

function recordOf(name: string): unknown {
  return (read(name) as { conversationHistoryRecords: unknown[] }).conversationHistoryRecords[0];
}
