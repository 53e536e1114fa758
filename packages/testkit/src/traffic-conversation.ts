import type { ConversationEvent, UnassignmentReason } from "@segmeter/engine";
import type { EventBody } from "./event-body.ts";
import type { Random } from "./random.ts";
import { TRAFFIC_SKILLS, TRAFFIC_SOURCES } from "./traffic-roster.ts";
import type { TrafficAgent, TrafficRoster } from "./traffic-roster.ts";

/** No conversation has an event this long after its first one, or later. About one in a thousand would. */
export const CONVERSATION_MAX_MS = 3_600_000;

const VISITS_MAX = 5;

/** How long people take, in seconds: mostly in [low, high), nearer to low; now and then in [high, tail). */
const SECONDS = {
  firstResponse: { low: 10, high: 180, tail: 900 },
  response: { low: 20, high: 120, tail: 420 },
  consumer: { low: 6, high: 90, tail: 600 },
  consumerToBot: { low: 3, high: 40, tail: 90 },
  bot: { low: 1, high: 3, tail: 3.5 },
  nextLine: { low: 3, high: 15, tail: 25 },
  queue: { low: 2, high: 60, tail: 300 },
  patience: { low: 40, high: 240, tail: 600 },
  neglect: { low: 120, high: 300, tail: 600 },
  wrapUp: { low: 3, high: 45, tail: 120 },
  autoClose: { low: 600, high: 1200, tail: 1800 },
  handOver: { low: 0.5, high: 4, tail: 8 },
  reopening: { low: 120, high: 1800, tail: 3600 },
};

/** A conversation being written. */
interface Script {
  readonly conversationId: string;
  readonly random: Random;
  readonly roster: TrafficRoster;
  readonly source: string;
  readonly events: ConversationEvent[];
  skillId: string;
  nowMs: number;
}

export interface ConversationSeed {
  readonly conversationId: string;
  readonly startMs: number;
  readonly random: Random;
  readonly roster: TrafficRoster;
}

/** @returns one conversation from its start to its close, each event later than the one before */
export function createConversation({ conversationId, startMs, random, roster }: ConversationSeed): ConversationEvent[] {
  const { source } = random.pickWeighted(TRAFFIC_SOURCES);
  const { skillId } = random.pickWeighted(TRAFFIC_SKILLS);
  const script: Script = { conversationId, random, roster, source, skillId, nowMs: startMs, events: [] };
  writeConversation(script);
  return cutAt(startMs + CONVERSATION_MAX_MS, script.events);
}

function writeConversation(script: Script): void {
  const { random, source } = script;
  write(script, 0, { type: "CONVERSATION_STARTED", source, skillId: script.skillId });
  consumerSays(script, "nextLine");

  let agent = random.chance(0.4) ? botVisit(script) : humanFromQueue(script);
  let lastAgent = agent;
  for (let visitCount = 1; agent !== null; visitCount++) {
    lastAgent = agent;
    agent = visitCount < VISITS_MAX ? visit(script, agent) : close(script, "wrapUp", "AGENT");
  }
  if (lastAgent !== null && random.chance(0.04)) resume(script, lastAgent);
}

/** A bot greets, asks and either solves it or hands over. */
function botVisit(script: Script): TrafficAgent | null {
  const { random, roster, skillId } = script;
  const bot = random.pick(roster.botsOf(skillId));
  assign(script, bot, "handOver");
  agentSays(script, bot, "bot");
  const questionCount = Math.floor(random.between(1, 4));
  for (let question = 0; question < questionCount; question++) {
    consumerSays(script, "consumerToBot");
    agentSays(script, bot, "bot");
  }
  return random.pickWeighted(BOT_ENDINGS).write(script, bot);
}

/** @returns the next agent, already assigned; null once the conversation is closed */
function visit(script: Script, agent: TrafficAgent): TrafficAgent | null {
  const { random } = script;
  if (random.chance(0.05)) return close(script, "patience", "CONSUMER");
  if (random.chance(0.03)) return backToQueue(script, "neglect");
  agentSays(script, agent, "firstResponse");
  talk(script, agent, random.chance(0.12) ? 0 : Math.floor(random.between(1, 6)));
  return random.pickWeighted(ENDINGS).write(script, agent);
}

function talk(script: Script, agent: TrafficAgent, exchangeCount: number): void {
  const { random, roster } = script;
  for (let exchange = 0; exchange < exchangeCount; exchange++) {
    consumerSays(script, "consumer");
    if (random.chance(0.2)) consumerSays(script, "nextLine");
    if (random.chance(0.02)) agentSays(script, random.pick(roster.managers), "nextLine");
    agentSays(script, agent, "response");
    if (random.chance(0.2)) agentSays(script, agent, "nextLine");
    if (random.chance(0.03)) write(script, seconds(script, "patience"), { type: "MESSAGE_SENT", sentBy: "SYSTEM", agentId: null });
  }
}

interface Ending {
  readonly weight: number;
  readonly write: (script: Script, agent: TrafficAgent) => TrafficAgent | null;
}

const ENDINGS: readonly Ending[] = [
  { weight: 52, write: (script) => close(script, "wrapUp", "AGENT") },
  { weight: 16, write: (script) => close(script, "wrapUp", "CONSUMER") },
  { weight: 14, write: (script) => close(script, "autoClose", "SYSTEM") },
  { weight: 6, write: (script, agent) => transferSkill(script, agent) },
  { weight: 4, write: (script, agent) => assign(script, colleague(script, agent), "handOver") },
  { weight: 2, write: (script, agent) => transferByQueue(script, agent) },
  { weight: 3, write: (script) => backToQueue(script, "wrapUp") },
  { weight: 2, write: (script, agent) => takeOver(script, agent) },
  { weight: 1, write: (script, agent) => changeOwnSkill(script, agent) },
];

const BOT_ENDINGS: readonly Ending[] = [
  { weight: 18, write: (script) => close(script, "wrapUp", "CONSUMER") },
  { weight: 6, write: (script) => close(script, "autoClose", "SYSTEM") },
  { weight: 40, write: (script, bot) => assign(script, colleague(script, bot), "handOver") },
  { weight: 24, write: (script) => backToQueue(script, "handOver") },
  { weight: 12, write: (script, bot) => transferSkill(script, bot) },
];

function close(script: Script, wait: keyof typeof SECONDS, closedBy: "CONSUMER" | "AGENT" | "SYSTEM"): null {
  write(script, seconds(script, wait), { type: "CONVERSATION_CLOSED", closedBy });
  return null;
}

function transferSkill(script: Script, agent: TrafficAgent): TrafficAgent | null {
  const { random } = script;
  const others = TRAFFIC_SKILLS.filter(({ skillId }) => skillId !== script.skillId);
  unassign(script, "wrapUp", random.chance(0.5) ? "SKILL_TRANSFER" : null, random.pickWeighted(others).skillId);
  return humanFromQueue(script, agent);
}

function transferByQueue(script: Script, agent: TrafficAgent): TrafficAgent {
  unassign(script, "wrapUp", "AGENT_TRANSFER", null);
  return assign(script, colleague(script, agent), "handOver");
}

function backToQueue(script: Script, wait: keyof typeof SECONDS): TrafficAgent | null {
  unassign(script, wait, script.random.chance(0.5) ? "BACK_TO_QUEUE" : null, null);
  return humanFromQueue(script);
}

function takeOver(script: Script, agent: TrafficAgent): TrafficAgent {
  const others = script.roster.managers.filter(({ agentId }) => agentId !== agent.agentId);
  return assign(script, script.random.pick(others), "wrapUp", { takeover: true });
}

function changeOwnSkill(script: Script, agent: TrafficAgent): TrafficAgent {
  const others = TRAFFIC_SKILLS.filter(({ skillId }) => skillId !== script.skillId);
  script.skillId = script.random.pick(others).skillId;
  return assign(script, agent, "wrapUp", { skillId: script.skillId });
}

/** The agent comes back to a closed conversation and closes it again. */
function resume(script: Script, agent: TrafficAgent): void {
  const { random, source, skillId } = script;
  write(script, seconds(script, "reopening"), { type: "CONVERSATION_RESUMED", source, skillId });
  assign(script, agent, "handOver");
  agentSays(script, agent, "nextLine");
  talk(script, agent, Math.floor(random.between(0, 4)));
  close(script, "wrapUp", "AGENT");
}

/** @returns the agent assigned after some time in the queue; null if the consumer did not wait for it */
function humanFromQueue(script: Script, from?: TrafficAgent): TrafficAgent | null {
  if (script.random.chance(0.03)) return close(script, "patience", "CONSUMER");
  return assign(script, colleague(script, from), "queue");
}

function colleague({ random, roster, skillId }: Script, agent?: TrafficAgent): TrafficAgent {
  return random.pick(roster.humansOf(skillId).filter(({ agentId }) => agentId !== agent?.agentId));
}

function assign(
  script: Script,
  agent: TrafficAgent,
  wait: keyof typeof SECONDS,
  { skillId = null, takeover = false }: { readonly skillId?: string | null; readonly takeover?: boolean } = {},
): TrafficAgent {
  const { agentId, groupId, userType } = agent;
  write(script, seconds(script, wait), { type: "AGENT_ASSIGNED", agentId, groupId, userType, skillId, takeover });
  return agent;
}

function unassign(script: Script, wait: keyof typeof SECONDS, reason: UnassignmentReason | null, skillId: string | null): void {
  write(script, seconds(script, wait), { type: "AGENT_UNASSIGNED", skillId, reason });
  script.skillId = skillId ?? script.skillId;
}

function agentSays(script: Script, { agentId, pace }: TrafficAgent, wait: keyof typeof SECONDS): void {
  write(script, seconds(script, wait) * pace, { type: "MESSAGE_SENT", sentBy: "AGENT", agentId });
}

function consumerSays(script: Script, wait: keyof typeof SECONDS): void {
  write(script, seconds(script, wait), { type: "MESSAGE_SENT", sentBy: "CONSUMER", agentId: null });
}

function seconds({ random }: Script, wait: keyof typeof SECONDS): number {
  const { low, high, tail } = SECONDS[wait];
  return random.chance(0.93) ? low + (high - low) * random.next() ** 2 : random.between(high, tail);
}

function write(script: Script, waitSeconds: number, body: EventBody): void {
  const { conversationId, events } = script;
  script.nowMs += Math.round(waitSeconds * 1000);
  events.push({ eventId: String(events.length + 1), conversationId, at: script.nowMs, sequence: 0, ...body });
}

/** Closes what is open at the end, and drops what would come later. */
function cutAt(endMs: number, events: ConversationEvent[]): ConversationEvent[] {
  const kept = events.filter(({ at }) => at < endMs - 1);
  if (kept.at(-1)?.type === "CONVERSATION_CLOSED") return kept;
  const { conversationId } = events[0]!;
  const eventId = String(kept.length + 1);
  return [...kept, { eventId, conversationId, at: endMs - 1, sequence: 0, type: "CONVERSATION_CLOSED", closedBy: "SYSTEM" }];
}
