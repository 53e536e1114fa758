import {
  Engine,
  METRIC_NAMES,
  MINUTE_MS,
  NO_FILTER,
  TOTAL_METRIC,
  type Block,
  type ConversationEvent,
  type MetricName,
} from "@segmeter/engine";
import { EngineFeed } from "@segmeter/testkit";
import { describe, expect, test } from "vitest";
import { answerQuestion, type Asked, type Question } from "../src/index.ts";

const ACCOUNT = "a";
const ZEROS = `{${METRIC_NAMES.map((name) => `"${name}":0`).join(",")}}`;

/** Only the total: `1` in a case below stands for `{"totalAgentConversationSegments":1}`. */
const COUNTED: Partial<Question> = { metrics: [TOTAL_METRIC] };
const PER_SKILL: Partial<Question> = { ...COUNTED, perSkill: { skillIds: null } };
const BY_INTERVAL: Partial<Question> = { ...COUNTED, intervalMs: 5 * MINUTE_MS };
/** Every entry is a piece. */
const SMALLEST_PIECES = { first: 1, later: 1 };

describe("the text of an answer", () => {
  test("has metrics in the table's order, whatever was asked first", () => {
    const metrics: MetricName[] = [TOTAL_METRIC, "avgAgentSegmentDuration", "interactiveAgentSegments"];
    const one = '{"totalAgentConversationSegments":1,"avgAgentSegmentDuration":1000,"interactiveAgentSegments":0}';
    expect(textOf([closed({})], { metrics })).toBe(`{"agentsMetrics":{"metricsPerAgent":{"1":${one}}},"metricsTotal":${one}}`);
    const all = JSON.parse(textOf([closed({})], {})) as { metricsTotal: object };
    expect(Object.keys(all.metricsTotal)).toEqual(METRIC_NAMES);
  });

  test("has ids that are numbers first, by value, then the rest by code unit", () => {
    const ids = ["b", "10", "__proto__", "9", "a", "B", "💬"];
    const segments = ids.map((agentId) => closed({ agentId }));
    expect(counted(segments, COUNTED)).toBe(
      '{"agentsMetrics":{"metricsPerAgent":{"9":1,"10":1,"B":1,"__proto__":1,"a":1,"b":1,"💬":1}},"metricsTotal":7}',
    );
    const skills = ids.map((skillId) => closed({ skillId }));
    expect(counted(skills, PER_SKILL)).toMatch(/^\{"metricsPerSkill":\{"9":.*,"10":.*,"B":.*,"__proto__":.*,"a":.*,"b":.*,"💬":/);
  });

  test("has each skill with its agents before the agents, and these before the total", () => {
    const segments = [
      closed({ skillId: "1", agentId: "7" }),
      closed({ skillId: "1", agentId: "8" }),
      closed({ skillId: "2", agentId: "7" }),
    ];
    expect(counted(segments, PER_SKILL)).toBe(
      '{"metricsPerSkill":{"1":{"metricsPerAgent":{"7":1,"8":1}},"2":{"metricsPerAgent":{"7":1}}},' +
        '"agentsMetrics":{"metricsPerAgent":{"7":2,"8":1}},"metricsTotal":3}',
    );
  });

  test("keeps its other parts over all skills, whichever were asked for", () => {
    const segments = [closed({ skillId: "1" }), closed({ skillId: "2" }), closed({})];
    expect(counted(segments, { ...COUNTED, perSkill: { skillIds: ["2", "3"] } })).toBe(
      '{"metricsPerSkill":{"2":{"metricsPerAgent":{"1":1}}},"agentsMetrics":{"metricsPerAgent":{"1":3}},"metricsTotal":3}',
    );
  });

  test("has segments without a skill under no skill", () => {
    expect(counted([closed({})], PER_SKILL)).toBe('{"metricsPerSkill":{},"agentsMetrics":{"metricsPerAgent":{"1":1}},"metricsTotal":1}');
  });

  test("escapes ids as JSON does", () => {
    expect(counted([closed({ agentId: '"\\/\u2028' })], COUNTED)).toBe(
      `{"agentsMetrics":{"metricsPerAgent":{${JSON.stringify('"\\/\u2028')}:1}},"metricsTotal":1}`,
    );
  });

  test("over no segments has empty maps, and zeros throughout its total, averages too", () => {
    expect(textOf([], { perSkill: { skillIds: null } })).toBe(
      `{"metricsPerSkill":{},"agentsMetrics":{"metricsPerAgent":{}},"metricsTotal":${ZEROS}}`,
    );
    expect(textOf([closed({})], { filter: { ...NO_FILTER, agentIds: ["2"] } })).toBe(
      `{"agentsMetrics":{"metricsPerAgent":{}},"metricsTotal":${ZEROS}}`,
    );
  });

  test("over segments without a value to average says -1, in the total as in the parts", () => {
    const metrics: MetricName[] = [TOTAL_METRIC, "avgTimetoFirstAgentMessageFromAgentAssignment", "avgTimeToResponseFromAgentAssignment"];
    const none =
      '{"totalAgentConversationSegments":1,"avgTimetoFirstAgentMessageFromAgentAssignment":-1,"avgTimeToResponseFromAgentAssignment":-1}';
    expect(textOf([closed({})], { metrics })).toBe(`{"agentsMetrics":{"metricsPerAgent":{"1":${none}}},"metricsTotal":${none}}`);
  });

  test("has doubles as they are and times truncated", () => {
    const segments = [closed({ durationMs: 1000, hasResponse: true }), closed({ durationMs: 1000 }), closed({ durationMs: 1001 })];
    const { metricsTotal } = JSON.parse(textOf(segments, {})) as { metricsTotal: Record<MetricName, number> };
    expect(metricsTotal).toMatchObject({ avgAgentMessagesinAgentSegment: 1 / 3, avgAgentSegmentDuration: 1000 });
    expect(textOf(segments, {})).toContain('"avgAgentMessagesinAgentSegment":0.3333333333333333,');
  });

  test("lists every interval, oldest first, empty ones too, and then the whole", () => {
    const segments = [closed({ endMs: 300_000 }), closed({ endMs: 299_999 }), closed({ endMs: 899_999 })];
    const none = '{"agentsMetrics":{"metricsPerAgent":{}},"metricsTotal":0}';
    const one = '{"agentsMetrics":{"metricsPerAgent":{"1":1}},"metricsTotal":1}';
    const window = { startMs: 0, endMs: 20 * MINUTE_MS };
    expect(counted(segments, { ...BY_INTERVAL, window })).toBe(
      `{"metricsByIntervals":[{"timestamp":0,"metricsData":${one}},{"timestamp":300000,"metricsData":${one}},` +
        `{"timestamp":600000,"metricsData":${one}},{"timestamp":900000,"metricsData":${none}}],` +
        '"timeframeSummary":{"agentsMetrics":{"metricsPerAgent":{"1":3}},"metricsTotal":3}}',
    );
    expect(counted([], { ...BY_INTERVAL, window: { startMs: 0, endMs: 5 * MINUTE_MS } })).toBe(
      `{"metricsByIntervals":[{"timestamp":0,"metricsData":${none}}],"timeframeSummary":${none}}`,
    );
  });

  test("has skills in every interval, if they are asked for", () => {
    const window = { startMs: 0, endMs: 10 * MINUTE_MS };
    const both = '{"metricsPerSkill":{"5":{"metricsPerAgent":{"1":1}}},"agentsMetrics":{"metricsPerAgent":{"1":1}},"metricsTotal":1}';
    expect(counted([closed({ skillId: "5" })], { ...BY_INTERVAL, ...PER_SKILL, window })).toBe(
      `{"metricsByIntervals":[{"timestamp":0,"metricsData":${both}},{"timestamp":300000,"metricsData":{"metricsPerSkill":{},` +
        `"agentsMetrics":{"metricsPerAgent":{}},"metricsTotal":0}}],"timeframeSummary":${both}}`,
    );
  });

  test("is whole, however many agents and skills there are", () => {
    const count = 20_000;
    const window = { startMs: 0, endMs: 20 * MINUTE_MS };
    const endOf = (i: number): number => 1000 + ((i * 7919) % (window.endMs - 1000));
    const segments = Array.from({ length: count }, (_, i) => closed({ agentId: String(i), skillId: String(i % 3), endMs: endOf(i) }));
    const body = JSON.parse(textOf(segments, { ...BY_INTERVAL, ...PER_SKILL, window })) as Body;
    for (const parts of [body.timeframeSummary, ...body.metricsByIntervals.map(({ metricsData }) => metricsData)]) {
      const agents = Object.keys(parts.agentsMetrics.metricsPerAgent);
      expect(parts.metricsTotal.totalAgentConversationSegments).toBe(agents.length);
      for (const [skill, { metricsPerAgent }] of Object.entries(parts.metricsPerSkill!))
        expect(Object.keys(metricsPerAgent)).toEqual(agents.filter((agent) => Number(agent) % 3 === Number(skill)));
    }
    expect(Object.keys(body.timeframeSummary.agentsMetrics.metricsPerAgent)).toHaveLength(count);
    const inIntervals = body.metricsByIntervals.flatMap(({ timestamp, metricsData }) =>
      Object.keys(metricsData.agentsMetrics.metricsPerAgent).map((agent) => [agent, timestamp]),
    );
    expect(inIntervals).toHaveLength(count);
    for (const [agent, timestamp] of inIntervals) expect(Math.floor(endOf(Number(agent)) / 300_000) * 300_000).toBe(timestamp);
  });
});

describe("an answer that is read piece by piece", () => {
  const BY_INTERVAL_AND_SKILL: Question = { ...question(BY_INTERVAL), perSkill: { skillIds: null } };

  test("asks the engine three times at most, and before its first piece", () => {
    const { engine } = fed([closed({})]);
    let askCount = 0;
    const watched = toAsked(engine, (blocks) => {
      askCount++;
      return blocks;
    });
    const pieces = answerQuestion(BY_INTERVAL_AND_SKILL, watched, SMALLEST_PIECES);
    pieces.next();
    expect(askCount).toBe(3);
    expect([...pieces].length).toBeGreaterThan(1);
    expect(askCount).toBe(3);
  });

  test("does not see what comes in meanwhile, be it new, late or a correction", () => {
    // So many agents that the engine answers in several blocks; each has one segment early in the hour and one late.
    const agents = Array.from({ length: 1500 }, (_, i) => String(i));
    const endsMs = [600_000, 3_000_000];
    const { engine, feed } = fed(agents.flatMap((agentId) => endsMs.map((endMs) => closed({ agentId, skillId: "1", endMs }))));
    const whole = (): string => [...answerQuestion(BY_INTERVAL_AND_SKILL, toAsked(engine), SMALLEST_PIECES)].join("");
    const before = whole();
    const pieces = answerQuestion(BY_INTERVAL_AND_SKILL, toAsked(engine), SMALLEST_PIECES);
    let text = String(pieces.next().value);
    feed.post(
      ACCOUNT,
      eventsOf(
        agents.map((agentId) => closed({ agentId, skillId: "2", endMs: 400_000 })),
        "new ",
      ),
    );
    feed.post(
      ACCOUNT,
      agents.map((agentId, i) => lateMessage(agentId, String(2 * i + 1), endsMs[1]! - 500)),
    );
    for (const piece of pieces) text += piece.toString();
    expect(text === before).toBe(true);
    expect(whole() === before).toBe(false);
  });

  test("lets go of the engine when it is left early, or never begun", () => {
    const { engine } = fed([closed({})]);
    let openCount = 0;
    const watched = toAsked(engine, function* (blocks) {
      openCount++;
      try {
        yield* blocks;
      } finally {
        openCount--;
      }
    });
    const left = answerQuestion(BY_INTERVAL_AND_SKILL, watched, SMALLEST_PIECES);
    left.next();
    expect(openCount).toBeGreaterThan(0);
    left.return();
    expect(openCount).toBe(0);
    answerQuestion(BY_INTERVAL_AND_SKILL, watched).return();
    expect(openCount).toBe(0);
  });
});

interface Parts {
  readonly metricsPerSkill?: Readonly<Record<string, Agents>>;
  readonly agentsMetrics: Agents;
  readonly metricsTotal: { readonly totalAgentConversationSegments: number };
}

interface Agents {
  readonly metricsPerAgent: Readonly<Record<string, object>>;
}

interface Body {
  readonly metricsByIntervals: readonly { readonly timestamp: number; readonly metricsData: Parts }[];
  readonly timeframeSummary: Parts;
}

/** About the first hour, unless told otherwise. */
function question(asked: Partial<Question>): Question {
  const window = { startMs: 0, endMs: 60 * MINUTE_MS };
  return { window, filter: NO_FILTER, perSkill: null, intervalMs: null, metrics: METRIC_NAMES, ...asked };
}

interface ClosedSegment {
  readonly agentId?: string;
  readonly skillId?: string;
  readonly endMs?: number;
  readonly durationMs?: number;
  readonly hasResponse?: boolean;
}

/** What a conversation of one segment says. */
function closed({ agentId = "1", skillId, endMs = 10_000, durationMs = 1000, hasResponse = false }: ClosedSegment): Said[] {
  return [
    {
      at: endMs - durationMs,
      type: "AGENT_ASSIGNED",
      agentId,
      groupId: null,
      userType: "HUMAN",
      skillId: skillId ?? null,
      takeover: false,
    },
    ...(hasResponse ? [{ at: endMs - 1, type: "MESSAGE_SENT", sentBy: "AGENT", agentId } as const] : []),
    { at: endMs, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}

function lateMessage(agentId: string, conversationId: string, at: number): ConversationEvent {
  return { eventId: "late", conversationId, at, sequence: 0, type: "MESSAGE_SENT", sentBy: "AGENT", agentId };
}

type Said = ConversationEvent extends infer Event
  ? Event extends ConversationEvent
    ? Omit<Event, "eventId" | "conversationId" | "sequence">
    : never
  : never;

type Conversations = readonly (readonly Said[])[];

/** Each conversation by its index, behind a prefix. */
function eventsOf(conversations: Conversations, prefix = ""): ConversationEvent[] {
  return conversations.flatMap((said, c) =>
    said.map((event, i): ConversationEvent => Object.assign({ eventId: String(i), conversationId: `${prefix}${c}`, sequence: i }, event)),
  );
}

function fed(conversations: Conversations): { engine: Engine; feed: EngineFeed } {
  const engine = new Engine();
  const feed = new EngineFeed(engine);
  feed.post(ACCOUNT, eventsOf(conversations));
  return { engine, feed };
}

/** @param through what every answer of the engine goes through */
function toAsked(engine: Engine, through = (blocks: Iterable<Block>): Iterable<Block> => blocks): Asked {
  return {
    stream: (query) => through(engine.stream(ACCOUNT, query)),
    rollUp: (query) => through(engine.rollUp(ACCOUNT, query)),
  };
}

function textOf(conversations: Conversations, asked: Partial<Question>): string {
  const { engine } = fed(conversations);
  return [...answerQuestion(question(asked), toAsked(engine), SMALLEST_PIECES)].join("");
}

function counted(conversations: Conversations, asked: Partial<Question>): string {
  return textOf(conversations, asked).replaceAll(/\{"totalAgentConversationSegments":(\d+)\}/g, "$1");
}
