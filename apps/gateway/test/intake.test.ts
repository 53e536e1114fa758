import { setTimeout as delay } from "node:timers/promises";
import { Engine, NO_FILTER, type ConversationEvent, type Segment } from "@segmeter/engine";
import type { EventLog } from "@segmeter/event-log";
import { openSqliteLog } from "@segmeter/event-log/sqlite";
import { referenceSegments } from "@segmeter/reference";
import { eventLogArbitrary } from "@segmeter/testkit";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Intake, OverloadError } from "../src/intake.ts";
import { createTestFolder } from "./test-gateway.ts";

const ALL_TIME = { startMs: -Infinity, endMs: Infinity };

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let log: EventLog;
let engine: Engine;
let intake: Intake;
const onBroken = vi.fn<(error: unknown) => void>();

beforeEach(async () => {
  folder = await createTestFolder();
  log = await openSqliteLog({ folder: folder.path });
  // Few are kept ready and steps are short: histories are read in every turn, and turns overlap.
  engine = new Engine({ readyConversationsMax: 3, stepEvents: 2 });
  intake = new Intake({ log, engine, onBroken });
  onBroken.mockClear();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await intake.drain();
  await log.close();
  await folder.remove();
});

describe("the intake", () => {
  test("counts every event it has acknowledged, whatever is under way: late ones, duplicates, many posts at once", async () => {
    const keys = watchKeys();
    answerHistoriesLate();
    let runCount = 0;
    const anyPost = fc.record({ size: fc.integer({ min: 1, max: 12 }), pauseMs: fc.constantFrom(0, 0, 0, 1, 3) });
    const property = fc.asyncProperty(eventLogArbitrary(), fc.array(anyPost, { minLength: 1 }), async (events, posts) => {
      const accountId = `account_${runCount++}`;
      const acknowledged = new Set<ConversationEvent>();
      const post = async (batch: readonly ConversationEvent[]): Promise<void> => {
        await intake.submit(accountId, batch);
        for (const event of batch) acknowledged.add(event);
        const found = segmentsByConversation(accountId, keys);
        for (const [id, own] of Map.groupBy(events, (event) => event.conversationId)) {
          if (own.every((event) => acknowledged.has(event))) expect(found.get(id) ?? []).toEqual(told(referenceSegments(own)));
        }
      };
      const posting: Promise<void>[] = [];
      for (let at = 0, turn = 0; at < events.length; turn++) {
        const { size, pauseMs } = posts[turn % posts.length]!;
        posting.push(post(events.slice(at, at + size)));
        at += size;
        if (pauseMs > 0) await delay(pauseMs);
      }
      await Promise.all(posting);
      expect([...segmentsByConversation(accountId, keys).values()].flat().toSorted()).toEqual(told(referenceSegments(events)));
    });
    await fc.assert(property, { numRuns: 150 });
    expect(onBroken).not.toHaveBeenCalled();
  });

  test("takes nothing while the engine is short of room, loses nothing, and goes on when there is some", async () => {
    let room = Infinity;
    const short = new Intake({ log, engine, onBroken, roomBytes: () => room });
    await short.submit("a", conversation("before"));
    room = 1_000_000;
    await expect(short.submit("a", conversation("meanwhile"))).rejects.toThrow(OverloadError);
    expect(await log.size()).toMatchObject({ conversationCount: 1 });
    room = Infinity;
    await short.submit("a", conversation("meanwhile"));
    expect(engine.countEnded("a", ALL_TIME)).toBe(2);
    await short.drain();
  });

  test("runs work between turns only when nothing is being stored or folded", async () => {
    const fold = vi.spyOn(engine, "fold");
    const posts = Array.from({ length: 20 }, (_, i) => intake.submit("a", conversation(`c${i}`)));
    const between = intake.betweenTurns(async () => {
      const foldCount = fold.mock.calls.length;
      await delay(20);
      return [foldCount, fold.mock.calls.length];
    });
    const after = intake.submit("a", conversation("later"));

    const [before, then] = await between;
    expect(before).toBeGreaterThan(0);
    expect(then).toBe(before);
    await Promise.all([...posts, after]);
    expect(await log.size()).toMatchObject({ conversationCount: 21 });
  });

  test("shows what was stored together whole or not at all, and says up to where", async () => {
    await intake.submit("a", conversation("c0"));
    const seen = new Set<string>();
    const look = (): Set<string> => seen.add(`${engine.countEnded("a", ALL_TIME)} segments, position ${intake.position}`);
    const looking = setInterval(look, 0);
    const fold = engine.fold.bind(engine);
    vi.spyOn(engine, "fold").mockImplementation((...step) => {
      look();
      fold(...step);
      look();
    });
    await Promise.all(Array.from({ length: 20 }, (_, i) => intake.submit("a", conversation(`c${i}`))));
    look();
    clearInterval(looking);
    expect([...seen]).toEqual(["1 segments, position 2", "20 segments, position 40"]);
  });

  test("lets small posts wait for the turn under way and go together, and full ones go at once", async () => {
    Object.assign(log, { appendsAtOnce: 3 });
    const append = vi.spyOn(log, "append");
    const small = [0, 1, 2, 3, 4].map((i) => conversation(`c${i}`));
    const full = Array.from({ length: 1_000 }, (_, i) => conversation(`f${i}`)).flat();
    const posting: Promise<unknown>[] = [];
    for (const events of [small[0]!, small[1]!, small[2]!, full, small[3]!, small[4]!]) {
      posting.push(intake.submit("a", events));
      // Those of one moment go together anyway.
      await Promise.resolve();
    }
    await Promise.all(posting);
    const sizes = append.mock.calls.map(([batches]) => batches.reduce((sum, { events }) => sum + events.length, 0));
    expect(sizes).toEqual([2, 2 + 2 + 2_000, 2 + 2]);
    expect(engine.countEnded("a", ALL_TIME)).toBe(1_005);
  });

  test("acknowledges nothing from the moment that the engine refuses what the log has taken", async () => {
    vi.spyOn(engine, "fold").mockImplementationOnce(() => {
      throw new Error("refused");
    });
    const first = Promise.allSettled([intake.submit("a", conversation("c1"))]);
    await delay(1);
    const others = Promise.allSettled([intake.submit("a", conversation("c2")), intake.submit("b", conversation("c1"))]);

    const outcomes = [...(await first), ...(await others)];
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    await expect(intake.submit("a", conversation("c3"))).rejects.toThrow("refused");
    expect(onBroken.mock.calls).toEqual([[expect.objectContaining({ message: "refused" })]]);
  });

  test("acknowledges nothing that the log did not take, and takes it when it is sent again", async () => {
    vi.spyOn(log, "append").mockRejectedValueOnce(new Error("the disk is full"));
    await expect(intake.submit("a", conversation("c1"))).rejects.toThrow("the disk is full");

    expect(await intake.submit("a", conversation("c1"))).toEqual({ accepted: 2, duplicates: 0 });
    expect(onBroken).not.toHaveBeenCalled();
  });
});

/** Fills, as events are appended, with the conversation that each key stands for. */
function watchKeys(): ReadonlyMap<number, string> {
  const keys = new Map<number, string>();
  const append = log.append.bind(log);
  vi.spyOn(log, "append").mockImplementation(async (batches) => {
    const appended = await append(batches);
    batches.forEach(({ events }, b) => events.forEach((event, i) => keys.set(appended[b]!.conversationKeys[i]!, event.conversationId)));
    return appended;
  });
  return keys;
}

/** So that the next turn is stored before this one is folded. */
function answerHistoriesLate(): void {
  const histories = log.histories.bind(log);
  vi.spyOn(log, "histories").mockImplementation(async (keys) => {
    const answer = await histories(keys);
    await delay(3);
    return answer;
  });
}

function segmentsByConversation(accountId: string, keys: ReadonlyMap<number, string>): Map<string, string[]> {
  const found = Array.from(engine.list(accountId, ALL_TIME, NO_FILTER), ({ conversationKey, ...segment }) => ({
    conversationId: keys.get(conversationKey)!,
    ...segment,
  }));
  return new Map([...Map.groupBy(found, ({ conversationId }) => conversationId)].map(([id, segments]) => [id, told(segments)]));
}

function told(segments: readonly Segment[]): string[] {
  return segments.map((segment) => JSON.stringify(segment, Object.keys(segment).toSorted())).toSorted();
}

/** Of one closed segment. */
function conversation(conversationId: string): ConversationEvent[] {
  const assigned = { type: "AGENT_ASSIGNED", agentId: "1", groupId: null, userType: "HUMAN", skillId: null, takeover: false } as const;
  return [
    { eventId: "1", conversationId, at: 1, sequence: 0, ...assigned },
    { eventId: "2", conversationId, at: 2, sequence: 0, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}
