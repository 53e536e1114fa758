import { setImmediate } from "node:timers/promises";
import type { Engine } from "@segmeter/engine";
import type { ConversationHistory, EventLog, LogChanges } from "@segmeter/event-log";
import type { Readiness } from "./http/health.ts";

export interface Replay {
  readonly log: EventLog;
  readonly engine: Engine;
  /** What the engine does not know; null: it knows nothing. */
  readonly changes: LogChanges | null;
  readonly keptSinceMs: number;
  readonly readiness: Readiness;
}

/** Brings an engine, new or restored, to what the log holds; or leaves it where it is, once the gateway stops. */
export async function replay(replaying: Replay): Promise<void> {
  replaying.engine.forget(replaying.keptSinceMs);
  await (replaying.changes === null ? replayAll(replaying) : replayChanges(replaying, replaying.changes));
}

/** Folds everything that the log holds, while the log reads on. */
async function replayAll({ log, engine, readiness }: Replay): Promise<void> {
  const { eventCount } = await log.size();
  let readCount = 0;
  for await (const histories of log.readAll()) {
    if (readiness.state === "stopping") return;
    engine.load(histories);
    for (const { events } of histories) readCount += events.length;
    readiness.progress = readCount / Math.max(eventCount, readCount, 1);
    // Health answers in between.
    await setImmediate();
  }
  for (const _ of engine.finishLoading()) await setImmediate();
}

const HISTORIES_AT_ONCE = 500;
/** Showing lays anew what ends later, in all lanes that are touched: so it is done seldom, and not for all of them at once. */
const SHOW_CONVERSATIONS = 20_000;

/** Folds the conversations anew that the log has changed since the engine knew all of it, and those that are new. */
async function replayChanges({ log, engine, readiness }: Replay, { changedKeys, newestKey }: LogChanges): Promise<void> {
  if (changedKeys.length > 0) for (const _ of engine.takeBack(new Set(changedKeys))) await setImmediate();
  let unshownCount = 0;
  for await (const histories of readChanged()) {
    if (readiness.state === "stopping") return;
    engine.add(histories);
    unshownCount += histories.length;
    if (unshownCount >= SHOW_CONVERSATIONS) {
      engine.show();
      unshownCount = 0;
    }
    await setImmediate();
  }
  engine.show();

  async function* readChanged(): AsyncGenerator<ConversationHistory[], void> {
    for (let from = 0; from < changedKeys.length; from += HISTORIES_AT_ONCE) {
      yield await log.histories(changedKeys.slice(from, from + HISTORIES_AT_ONCE));
      readiness.progress = from / changedKeys.length;
    }
    yield* log.readAll(newestKey);
  }
}
