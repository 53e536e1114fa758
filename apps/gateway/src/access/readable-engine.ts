import {
  intersectIds,
  NO_FILTER,
  type AnswerSize,
  type Engine,
  type Filter,
  type FilterValues,
  type Query,
  type RollUp,
  type Answer,
  type Block,
  type Window,
} from "@segmeter/engine";
import type { Share } from "@segmeter/event-log/jetstream";
import type { Caller, Restriction } from "./caller.ts";
import { assertMay, misdirected } from "./refusal.ts";

/** What one caller may ask of the engine. Answers are made of nothing else; push asks the engine itself whether anything has changed. */
export interface ReadableEngine {
  /** For what is answered without the engine. */
  readonly assertReadable: (accountId: string) => void;
  readonly ask: (accountId: string, query: Query) => Answer;
  readonly stream: (accountId: string, query: Query) => Iterable<Block>;
  readonly rollUp: (accountId: string, query: RollUp) => Iterable<Block>;
  readonly filterValues: (accountId: string) => FilterValues;
  readonly versionOf: (accountId: string, window: Window) => number;
  /** What an answer can be made of at most. */
  readonly sizeOf: (accountId: string, window: Window) => AnswerSize;
}

/**
 * The engine as a caller sees it: over the segments of its restriction there is nothing else.
 *
 * @throws Refusal, each of its methods, where the caller may not read the account
 */
export function readableBy(caller: Caller, engine: Engine): ReadableEngine {
  const { restriction } = caller.rights;
  const narrowed = <Asked extends RollUp>(query: Asked): Asked => ({ ...query, filter: narrow(query.filter, restriction) });
  return {
    assertReadable: (accountId) => assertMay(caller, "read", accountId),
    ask: (accountId, query) => {
      assertMay(caller, "read", accountId);
      return engine.ask(accountId, narrowed(query));
    },
    stream: (accountId, query) => {
      assertMay(caller, "read", accountId);
      return engine.stream(accountId, narrowed(query));
    },
    rollUp: (accountId, query) => {
      assertMay(caller, "read", accountId);
      return engine.rollUp(accountId, narrowed(query));
    },
    filterValues: (accountId) => {
      assertMay(caller, "read", accountId);
      return engine.filterValues(accountId, narrow(NO_FILTER, restriction));
    },
    versionOf: (accountId, window) => {
      assertMay(caller, "read", accountId);
      return engine.versionOf(accountId, window);
    },
    sizeOf: (accountId, window) => {
      assertMay(caller, "read", accountId);
      if (Object.values(restriction).every((ids) => ids === null)) return engine.sizeOf(accountId, window);
      // How much there is of others is not to be learnt from a refusal.
      const { agentIds, skillIds } = engine.filterValues(accountId, narrow(NO_FILTER, restriction));
      return { agents: agentIds.length, skills: skillIds.length, segments: Infinity };
    },
  };
}

/**
 * Of an engine, the accounts that are held here.
 *
 * @throws Refusal, each of its methods, where another node holds the account
 */
export function heldBy(share: Share, readable: ReadableEngine): ReadableEngine {
  const held =
    <Rest extends readonly unknown[], Result>(ask: (accountId: string, ...rest: Rest) => Result) =>
    (accountId: string, ...rest: Rest): Result => {
      if (!share.holds(accountId)) throw misdirected(accountId, share.text);
      return ask(accountId, ...rest);
    };
  return {
    assertReadable: held(readable.assertReadable),
    ask: held(readable.ask),
    stream: held(readable.stream),
    rollUp: held(readable.rollUp),
    filterValues: held(readable.filterValues),
    versionOf: held(readable.versionOf),
    sizeOf: held(readable.sizeOf),
  };
}

function narrow(filter: Filter, { agentIds, groupIds, skillIds }: Restriction): Filter {
  return {
    ...filter,
    agentIds: intersectIds(filter.agentIds, agentIds),
    groupIds: intersectIds(filter.groupIds, groupIds),
    skillIds: intersectIds(filter.skillIds, skillIds),
  };
}
