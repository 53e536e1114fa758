import { Engine, type ConversationEvent, type History, type Sender } from "@segmeter/engine";

/** The day that all segments end in, `[DAY_START_MS, DAY_END_MS)`. */
export const DAY_START_MS = Date.UTC(2026, 0, 5);
const DAY_MS = 86_400_000;
export const DAY_END_MS = DAY_START_MS + DAY_MS;
export const ACCOUNT_ID = "bench";

const AGENTS = 2_000;
const SKILLS = 50;
const GROUPS = 20;
const SOURCES = ["WEB", "APP", "SMS", "FACEBOOK", "WHATSAPP"] as const;
const SENDERS: readonly Sender[] = ["CONSUMER", "AGENT", "SYSTEM"];
const CHUNK_CONVERSATIONS = 2_000;
const MINUTE_MS = 60_000;

export const agentIdOf = (agent: number): string => `agent-${agent}`;

/**
 * One day of a contact centre: a function of its arguments alone.
 *
 * 2,000 agents, of whom every tenth is a bot; 50 skills, of which each agent works 3; 20 groups, 5 sources; two segments
 * a conversation on average, by every start and end reason, with every outcome.
 *
 * @param segmentCount how many segments close; all of them end within the day
 * @param agentCount another number of agents
 * @returns conversations in chunks of bounded size, keys ascending from 1
 */
export function* conversationsOf(segmentCount: number, agentCount = AGENTS): Generator<History[], void> {
  let left = segmentCount;
  for (let key = 1; left > 0;) {
    const chunk: History[] = [];
    while (chunk.length < CHUNK_CONVERSATIONS && left > 0) {
      const conversation = new Script(key, left, agentCount);
      left -= conversation.segmentCount;
      chunk.push({ key, accountId: ACCOUNT_ID, events: conversation.events });
      key += 1;
    }
    yield chunk;
  }
}

/** The events of the day, all conversations side by side, in the order of time. */
export function eventsInOrder(segmentCount: number): ConversationEvent[] {
  const events: ConversationEvent[] = [];
  for (const chunk of conversationsOf(segmentCount)) for (const history of chunk) events.push(...history.events);
  return events.toSorted((a, b) => a.at - b.at);
}

const engines = new Map<number, Engine>();

/** The engine that holds so many segments: one for everybody who asks for this size. */
export function engineOf(segmentCount: number, tell: (message: string) => void): Engine {
  let engine = engines.get(segmentCount);
  if (!engine) {
    tell(`folding ${segmentCount} segments`);
    engine = new Engine();
    for (const chunk of conversationsOf(segmentCount)) engine.load(chunk);
    engines.set(segmentCount, engine);
  }
  return engine;
}

/** Lets go of an engine that nobody needs any more. */
export function dropEngine(segmentCount: number): void {
  engines.delete(segmentCount);
}

/** `Omit` for each member of a union by itself. */
type Untold<Event> = Event extends ConversationEvent ? Omit<Event, "eventId" | "conversationId" | "at" | "sequence"> : never;

/** Writes the events of one conversation. */
class Script {
  readonly events: ConversationEvent[] = [];
  readonly segmentCount: number;
  readonly #id: string;
  readonly #random: () => number;
  readonly #agentCount: number;
  #atMs = 0;
  #agent = 0;
  #skill = 0;

  constructor(key: number, segmentsMax: number, agentCount: number) {
    this.#id = `c${key}`;
    this.#random = createRandom(key);
    this.#agentCount = agentCount;
    this.segmentCount = Math.min(1 + this.#below(3), segmentsMax);
    this.#write();
    this.#moveIntoDay();
  }

  #write(): void {
    this.#agent = this.#below(this.#agentCount);
    this.#skill = skillOf(this.#agent, this.#below(3));
    this.#open("CONVERSATION_STARTED");
    this.#pass(0.5);
    this.#assign(false);
    for (let left = this.segmentCount; left > 0; left--) {
      this.#talk();
      if (left > 1) this.#handOver();
    }
    this.#close();
  }

  /** About a fifth of the segments have no agent message. */
  #talk(): void {
    this.#pass(1);
    if (this.#random() < 0.2) return;
    for (let round = this.#below(3); round >= 0; round--) {
      this.#pass(1.5);
      this.#say("AGENT");
      this.#pass(1.5);
      if (round > 0 || this.#random() < 0.6) this.#say("CONSUMER");
    }
    this.#pass(2);
  }

  /** Ends the running segment and starts the next one, in one of the six ways. */
  #handOver(): void {
    const way = this.#below(6);
    if (way === 2) return this.#changeSkill();
    if (way === 3) this.#tell({ type: "AGENT_UNASSIGNED", skillId: null, reason: "BACK_TO_QUEUE" });
    if (way === 4) this.#tell({ type: "AGENT_UNASSIGNED", skillId: null, reason: "AGENT_TRANSFER" });
    if (way === 5) {
      this.#close();
      this.#pass(3);
    }
    this.#agent = (this.#agent + 1 + this.#below(this.#agentCount - 1)) % this.#agentCount;
    this.#skill = skillOf(this.#agent, this.#below(3));
    if (way === 5) this.#open("CONVERSATION_RESUMED");
    if (way >= 3) this.#pass(2);
    this.#assign(way === 1);
  }

  #changeSkill(): void {
    const others = [0, 1, 2].map((place) => skillOf(this.#agent, place)).filter((skill) => skill !== this.#skill);
    this.#skill = others[this.#below(others.length)]!;
    this.#assign(false);
  }

  #open(type: "CONVERSATION_STARTED" | "CONVERSATION_RESUMED"): void {
    this.#tell({ type, source: SOURCES[this.#below(SOURCES.length)]!, skillId: skillIdOf(this.#skill) });
  }

  #assign(takeover: boolean): void {
    this.#tell({
      type: "AGENT_ASSIGNED",
      agentId: agentIdOf(this.#agent),
      groupId: `group-${this.#agent % GROUPS}`,
      userType: this.#agent % 10 === 0 ? "BOT" : "HUMAN",
      skillId: skillIdOf(this.#skill),
      takeover,
    });
  }

  #say(sentBy: "AGENT" | "CONSUMER"): void {
    this.#tell({ type: "MESSAGE_SENT", sentBy, agentId: sentBy === "AGENT" ? agentIdOf(this.#agent) : null });
  }

  #close(): void {
    this.#tell({ type: "CONVERSATION_CLOSED", closedBy: SENDERS[this.#below(SENDERS.length)]! });
  }

  #tell(told: Untold<ConversationEvent>): void {
    const header = { eventId: String(this.events.length), conversationId: this.#id, at: this.#atMs, sequence: 0 };
    this.events.push({ ...header, ...told });
  }

  /** Up to so many minutes, and 1 ms at least. */
  #pass(minutesMax: number): void {
    this.#atMs += 1 + this.#below(minutesMax * MINUTE_MS);
  }

  #moveIntoDay(): void {
    const startMs = DAY_START_MS + Math.floor(this.#random() * (DAY_MS - this.#atMs - 1));
    for (const event of this.events as { at: number }[]) event.at += startMs;
  }

  #below(end: number): number {
    return Math.floor(this.#random() * end);
  }
}

/** The three skills of an agent: spread, and never the same twice. */
function skillOf(agent: number, place: number): number {
  return (agent * 7 + place * 17) % SKILLS;
}

function skillIdOf(skill: number): string {
  return `skill-${skill}`;
}

/** Mulberry32, by Tommy Ettinger: doubles in [0, 1) from 32 bits of state. */
function createRandom(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b9);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
