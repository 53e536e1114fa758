import { ask, rollUpBlocks, streamBlocks, type Answer, type Block } from "./answer.ts";
import { Columns, type SignedSegment } from "./columns.ts";
import type { ConversationEvent } from "./event.ts";
import { filterValuesOf, type FilterValues } from "./filter-values.ts";
import {
  areInOrder,
  compareEvents,
  createConversation,
  foldConversation,
  foldEvent,
  isInOrder,
  type Conversation,
  type EmitSegment,
} from "./fold.ts";
import { byteCountOf, captureColumns, piecesOfColumns, piecesOfOpen, unpack } from "./image.ts";
import { list, type ListedSegment } from "./list.ts";
import { NO_FILTER, type Filter, type Query, type RollUp, type Window } from "./query.ts";
import type { Segment } from "./segment.ts";
import { ReadyConversations } from "./ready-conversations.ts";
import type { ExecutionPath } from "./stream.ts";

/** Events of one account that the log has just taken; none of them a duplicate. */
export interface Arrivals {
  readonly accountId: string;
  /** In the order of arrival. */
  readonly events: readonly ConversationEvent[];
  /** The conversation of each event, by index. */
  readonly conversationKeys: readonly number[];
  /** Conversations of which the log held nothing before these events. */
  readonly newConversationKeys: ReadonlySet<number>;
}

/** All that the log holds of one conversation, in the order of arrival. */
export interface History {
  readonly key: number;
  readonly accountId: string;
  readonly events: readonly ConversationEvent[];
}

/**
 * What to do with some arrivals of one account: made by `plan`, and good until anything else is folded that touches the
 * same conversations. Each of its conversations is in it whole.
 */
export interface Step {
  readonly accountId: string;
  /** The conversations whose history `fold` needs: those with late events, and those not kept ready. */
  readonly keysToRefold: readonly number[];
  readonly touched: readonly Touched[];
}

interface Touched {
  readonly key: number;
  /** In the order of the fold. */
  readonly events: readonly ConversationEvent[];
  /** What the events are folded onto; null: the history is folded anew. */
  readonly conversation: Conversation | null;
}

export interface AnswerSize {
  readonly agents: number;
  readonly skills: number;
  readonly segments: number;
}

/** All that an engine held at one moment, to be read piece by piece while the engine goes on. */
export interface Image {
  /** So many at most are in all pieces together, but for some words. */
  readonly byteCount: number;
  /** In their order, at most some hundred kilobytes each. */
  readonly pieces: () => Iterable<Uint8Array>;
  /** Until then, what changes is copied. */
  readonly close: () => void;
}

export interface EngineOptions {
  /** How many conversations are kept ready to be folded on; the others are folded anew from their history. */
  readonly readyConversationsMax?: number;
  /** A step ends with the conversation that brings it to so many events. */
  readonly stepEvents?: number;
}

const READY_CONVERSATIONS_MAX = 200_000;
const STEP_EVENTS = 2_000;

/**
 * All accounts' closed segments, kept up to date event by event, and the answers to queries over them. Pure and
 * synchronous: histories and the clock come from the caller.
 */
export class Engine {
  readonly #accounts = new Map<string, Columns>();
  readonly #ready: ReadyConversations;
  /** By account: what was folded and not shown yet. */
  readonly #folded = new Map<string, SignedSegment[]>();
  /** Conversations that are open, by key. */
  readonly #open = new Set<number>();
  readonly #stepEvents: number;
  #forgottenBeforeMs = -Infinity;
  #lateEventCount = 0;

  constructor({ readyConversationsMax = READY_CONVERSATIONS_MAX, stepEvents = STEP_EVENTS }: EngineOptions = {}) {
    this.#ready = new ReadyConversations(readyConversationsMax);
    this.#stepEvents = stepEvents;
  }

  /** Segments that ended before are given up; -Infinity: none are. */
  get forgottenBeforeMs(): number {
    return this.#forgottenBeforeMs;
  }

  /** Of all accounts, as far as they were applied or loaded. */
  get openConversationCount(): number {
    return this.#open.size;
  }

  /** How many events were applied that belong before what was folded already. */
  get lateEventCount(): number {
    return this.#lateEventCount;
  }

  /**
   * Parts arrivals into steps, each short enough to let others have their turn after it. All of them have to be folded, in
   * any order, and then shown.
   */
  plan(arrivals: Arrivals): Step[] {
    const steps: Step[] = [];
    let [keysToRefold, touched, eventCount]: [number[], Touched[], number] = [[], [], 0];
    for (const [key, events] of groupByConversation(arrivals)) {
      const conversation = this.#conversationToGoOn(key, events, arrivals.newConversationKeys.has(key));
      if (conversation === null) keysToRefold.push(key);
      touched.push({ key, events, conversation });
      eventCount += events.length;
      if (eventCount < this.#stepEvents) continue;
      steps.push({ accountId: arrivals.accountId, keysToRefold, touched });
      [keysToRefold, touched, eventCount] = [[], [], 0];
    }
    if (touched.length > 0) steps.push({ accountId: arrivals.accountId, keysToRefold, touched });
    return steps;
  }

  /**
   * Folds a step. Answers know nothing of it before it is shown.
   *
   * @param histories of its `keysToRefold`, its arrivals included and nothing newer
   * @throws Error if one of them is missing
   */
  fold({ accountId, touched }: Step, histories: readonly History[]): void {
    const historyOf = new Map(histories.map((history) => [history.key, history]));
    const changes = this.#foldedOf(accountId);
    for (const { key, events, conversation } of touched) {
      if (conversation === null) this.#refold(key, historyOf.get(key), events, changes);
      else this.#foldOn(key, conversation, events, changes);
    }
  }

  /** Puts all that was folded into the columns at once: an answer knows the whole of it or nothing. */
  show(): void {
    for (const [accountId, changes] of this.#folded) this.#columnsToChange(accountId).apply(changes, this.#forgottenBeforeMs);
    this.#folded.clear();
  }

  /**
   * Folds whole conversations that the engine has not seen yet: how a node starts. Their rows are put in order once, by
   * `finishLoading` or by whatever else is asked first.
   */
  load(histories: readonly History[]): void {
    let [accountId, changes]: [string | null, SignedSegment[]] = [null, []];
    for (const history of histories) {
      if (history.accountId !== accountId) {
        if (accountId !== null) this.#columnsToChange(accountId).load(changes, this.#forgottenBeforeMs);
        [accountId, changes] = [history.accountId, []];
      }
      this.#foldWhole(history, changes);
    }
    if (accountId !== null) this.#columnsToChange(accountId).load(changes, this.#forgottenBeforeMs);
  }

  /** Puts what was loaded in order, piece by piece: others may have their turn between two. */
  *finishLoading(): Generator<void, void> {
    for (const columns of this.#accounts.values()) yield* columns.lay();
  }

  /** Everything that was folded and shown; whoever asks for it closes it. */
  image(): Image {
    const captured = Array.from(this.#accounts, ([accountId, columns]) => captureColumns(accountId, columns.laid()));
    const openKeys = Float64Array.from(this.#open);
    const forgottenBeforeMs = this.#forgottenBeforeMs;
    return {
      byteCount: captured.reduce((sum, columns) => sum + byteCountOf(columns), openKeys.byteLength),
      pieces: function* () {
        for (const columns of captured) yield* piecesOfColumns(columns, forgottenBeforeMs);
        yield* piecesOfOpen(openKeys, forgottenBeforeMs);
      },
      close: () => {
        for (const { columns } of captured) columns.closeView();
      },
    };
  }

  /**
   * Takes a piece of an image of the same layout, in the order of the pieces: another way for a node to start. Once all of
   * them are taken, this holds what the engine held when the image was made.
   *
   * @param piece intact, beginning where memory is aligned to 8 bytes
   */
  restore(piece: Uint8Array): void {
    const unpacked = unpack(piece);
    switch (unpacked.kind) {
      case "FACETS":
        for (const facet of unpacked.facets) this.#columnsToChange(unpacked.accountId).facets.add(facet);
        return;
      case "LANES":
        for (const { agentId, facets, rows } of unpacked.lanes) this.#columnsToChange(unpacked.accountId).restore(agentId, facets, rows);
        return;
      case "OPEN":
        for (const key of unpacked.keys) this.#open.add(key);
        return;
      case "FORGOTTEN":
        this.#forgottenBeforeMs = unpacked.beforeMs;
        return;
      default:
        unpacked satisfies never;
    }
  }

  /** Takes back all that some conversations have given, piece by piece: others may have their turn between two. */
  *takeBack(conversationKeys: ReadonlySet<number>): Generator<void, void> {
    for (const key of conversationKeys) {
      this.#ready.delete(key);
      this.#open.delete(key);
    }
    for (const columns of this.#accounts.values()) yield* columns.laid().takeBack(conversationKeys, this.#forgottenBeforeMs);
  }

  /**
   * Folds whole conversations of which nothing is here, or nothing any more, among others that are. Answers know nothing
   * of them before they are shown.
   */
  add(histories: readonly History[]): void {
    for (const history of histories) this.#foldWhole(history, this.#foldedOf(history.accountId));
  }

  /**
   * Answers a query about one account; an account without events has no segments.
   *
   * @param forced for tests: the execution path to take wherever it can be taken
   */
  ask(accountId: string, query: Query, forced?: ExecutionPath): Answer {
    return ask(this.#columnsOf(accountId), query, forced);
  }

  /**
   * Answers block by block, in memory that does not grow with the answer. Events that come in while it is being read are
   * not seen; whoever stops early ends the iteration, so that nothing is kept for it.
   */
  stream(accountId: string, query: Query, forced?: ExecutionPath): Iterable<Block> {
    return streamBlocks(this.#columnsOf(accountId), query, forced);
  }

  /** Likewise agents and totals, of the whole window and of its intervals, in one pass. */
  rollUp(accountId: string, query: RollUp, forced?: ExecutionPath): Iterable<Block> {
    return rollUpBlocks(this.#columnsOf(accountId), query, forced);
  }

  /**
   * A number that grows whenever an answer about a window may have changed. It is this engine's own: another one, or the
   * same log loaded again, counts anew.
   */
  versionOf(accountId: string, { startMs, endMs }: Window): number {
    return this.#columnsOf(accountId).calendar.versionOf(startMs, endMs);
  }

  /** How many segments kept ended in a time range. */
  countEnded(accountId: string, { startMs, endMs }: Window): number {
    const columns = this.#columnsOf(accountId);
    return columns.calendar.count(startMs, endMs, columns.lanes);
  }

  /** What an answer about a window can be made of at most. Costs next to nothing. */
  sizeOf(accountId: string, window: Window): AnswerSize {
    const { agents, facets } = this.#columnsOf(accountId);
    return { agents: agents.words.length, skills: facets.skills.words.length, segments: this.countEnded(accountId, window) };
  }

  /** The segments behind the numbers of a window and a filter. */
  list(accountId: string, window: Window, filter: Filter): Iterable<ListedSegment> {
    return list(this.#columnsOf(accountId), window, filter);
  }

  /** What the segments of an account that a filter keeps can be filtered by. */
  filterValues(accountId: string, filter = NO_FILTER): FilterValues {
    return filterValuesOf(this.#columnsOf(accountId), filter, this.#forgottenBeforeMs);
  }

  /** Gives up the segments that ended before a moment. Queries must not begin before it any more. */
  forget(beforeMs: number): void {
    this.#forgottenBeforeMs = Math.max(this.#forgottenBeforeMs, beforeMs);
    for (const columns of this.#accounts.values()) columns.laid().forget(this.#forgottenBeforeMs);
  }

  /** Lets go of conversations that the log no longer holds. */
  forgetConversations(keys: readonly number[]): void {
    for (const key of keys) this.#ready.delete(key);
  }

  /** @returns null if the conversation has to be folded anew */
  #conversationToGoOn(key: number, events: readonly ConversationEvent[], isNew: boolean): Conversation | null {
    if (isNew) return createConversation(conversationIdOf(events));
    const conversation = this.#ready.get(key);
    return conversation && isInOrder(conversation, events[0]!) ? conversation : null;
  }

  #foldWhole({ key, events }: History, changes: SignedSegment[]): void {
    const conversation = foldConversation(conversationIdOf(events), events, collect(key, changes));
    if (conversation.phase === "OPEN") this.#note(key, "UNSEEN", conversation);
  }

  #foldOn(key: number, conversation: Conversation, events: readonly ConversationEvent[], changes: SignedSegment[]): void {
    const emit = collect(key, changes);
    const { phase } = conversation;
    for (const event of events) foldEvent(conversation, event, emit);
    this.#note(key, phase, conversation);
  }

  /** Folds the history without and with the new events: what only the first has is taken back, what only the second has is added. */
  #refold(key: number, history: History | undefined, arrived: readonly ConversationEvent[], changes: SignedSegment[]): void {
    if (!history) throw new Error(`conversation ${key} is folded on without its history`);
    const { events } = history;
    const arrivedIds = new Set(arrived.map((event) => event.eventId));
    const id = conversationIdOf(events);
    const before: Segment[] = [];
    const after: Segment[] = [];
    const known = foldConversation(
      id,
      events.filter((event) => !arrivedIds.has(event.eventId)),
      (segment) => before.push(segment),
    );
    const conversation = foldConversation(id, events, (segment) => after.push(segment));
    for (const event of arrived) if (!isInOrder(known, event)) this.#lateEventCount += 1;
    for (const segment of without(before, after)) changes.push({ sign: -1, segment, conversationKey: key });
    for (const segment of without(after, before)) changes.push({ sign: 1, segment, conversationKey: key });
    this.#note(key, known.phase, conversation);
  }

  #foldedOf(accountId: string): SignedSegment[] {
    let changes = this.#folded.get(accountId);
    if (!changes) this.#folded.set(accountId, (changes = []));
    return changes;
  }

  /** An account without events has no segments. */
  #columnsOf(accountId: string): Columns {
    return this.#accounts.get(accountId)?.laid() ?? NO_COLUMNS;
  }

  #columnsToChange(accountId: string): Columns {
    let columns = this.#accounts.get(accountId);
    if (!columns) this.#accounts.set(accountId, (columns = new Columns()));
    return columns;
  }

  /** @param phase as it was before */
  #note(key: number, phase: Conversation["phase"], conversation: Conversation): void {
    if (phase !== conversation.phase) {
      if (conversation.phase === "OPEN") this.#open.add(key);
      else this.#open.delete(key);
    }
    this.#ready.set(key, conversation);
  }
}

const NO_COLUMNS = new Columns();

/** @returns the events of each conversation, in the order of the fold */
function groupByConversation({ events, conversationKeys }: Arrivals): Map<number, ConversationEvent[]> {
  const groups = new Map<number, ConversationEvent[]>();
  events.forEach((event, i) => {
    const key = conversationKeys[i]!;
    const group = groups.get(key);
    if (group) group.push(event);
    else groups.set(key, [event]);
  });
  for (const group of groups.values()) if (!areInOrder(group)) group.sort(compareEvents);
  return groups;
}

function collect(conversationKey: number, changes: SignedSegment[]): EmitSegment {
  return (segment) => changes.push({ sign: 1, segment, conversationKey });
}

function conversationIdOf(events: readonly ConversationEvent[]): string {
  return events[0]!.conversationId;
}

/** The segments of one fold that the other lacks. */
function without(segments: readonly Segment[], others: readonly Segment[]): Segment[] {
  const left = new Map<string, number>();
  for (const other of others) {
    const text = JSON.stringify(other);
    left.set(text, (left.get(text) ?? 0) + 1);
  }
  return segments.filter((segment) => {
    const text = JSON.stringify(segment);
    const count = left.get(text) ?? 0;
    if (count > 0) left.set(text, count - 1);
    return count === 0;
  });
}
