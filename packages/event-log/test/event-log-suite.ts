import * as fc from "fast-check";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { AppendedBatch, ConversationHistory, EventBatch, EventLog } from "../src/index.ts";
import { anyEvent } from "./arbitrary-events.ts";
import { message, messages, readChunks, readWhole } from "./messages.ts";
import { ModelLog } from "./model-log.ts";
import { createTempFolder } from "./temp-folder.ts";

const HOUR_MS = 3_600_000;

/**
 * What every event log does, whatever it keeps its events in.
 *
 * @param openIn opens the log that a folder holds, and makes a new one in an empty folder
 */
export function describeEventLog(name: string, openIn: (folder: string) => Promise<EventLog>): void {
  describe(name, () => {
    let folder: string;
    let log: EventLog;

    beforeEach(async () => {
      folder = await createTempFolder();
      log = await openIn(folder);
      onTestFinished(() => log.close());
    });

    async function reopen(): Promise<void> {
      await log.close();
      log = await openIn(folder);
    }

    async function append(accountId: string, ...events: EventBatch["events"]): Promise<AppendedBatch> {
      const [appended] = await log.append([{ accountId, events }]);
      return appended!;
    }

    async function quietKeys(lastEventBeforeMs: number): Promise<number[]> {
      return (await log.quietSince(lastEventBeforeMs, null, 10)).map(({ key }) => key);
    }

    describe("append", () => {
      it("numbers events 1, 2, 3… in the order of arrival, over batches and calls", async () => {
        const first = await log.append([
          { accountId: "x", events: [message("c1", "a", 30), message("c2", "b", 20)] },
          { accountId: "y", events: [message("c1", "c", 10)] },
        ]);
        const second = await append("x", message("c1", "d", 5));

        expect([...first, second].map(({ positions }) => positions)).toEqual([[1, 2], [3], [4]]);
      });

      it("gives each conversation of each account a key of its own", async () => {
        const [x, y] = await log.append([
          { accountId: "x", events: [message("c1", "a"), message("c2", "a"), message("c1", "b")] },
          { accountId: "y", events: [message("c1", "a")] },
        ]);
        const again = await append("x", message("c2", "b"), message("c1", "c"));

        expect(x!.conversationKeys).toEqual([1, 2, 1]);
        expect(y!.conversationKeys).toEqual([3]);
        expect(again.conversationKeys).toEqual([2, 1]);
      });

      it("takes one event of each id in a conversation: the first", async () => {
        const [first, sameCall] = await log.append([
          { accountId: "x", events: [message("c1", "a", 1), message("c1", "a", 2)] },
          { accountId: "x", events: [message("c1", "a", 3), message("c1", "b", 4)] },
        ]);
        const later = await append("x", message("c1", "b", 5), message("c1", "c", 6), message("c1", "a", 7));

        expect(first!.positions).toEqual([1, 0]);
        expect(sameCall!.positions).toEqual([0, 2]);
        expect(later.positions).toEqual([0, 3, 0]);
        expect(later.conversationKeys).toEqual([1, 1, 1]);
        expect(await log.histories([1])).toEqual([
          { key: 1, accountId: "x", events: [message("c1", "a", 1), message("c1", "b", 4), message("c1", "c", 6)] },
        ]);
      });

      it("names the conversations of which nothing was held before the call", async () => {
        await append("x", message("c1", "a"));
        const appended = await log.append([
          { accountId: "x", events: [message("c1", "b"), message("c2", "a")] },
          { accountId: "x", events: [message("c2", "b"), message("c2", "a")] },
          { accountId: "y", events: [message("c1", "a")] },
        ]);

        expect(appended.map(({ newConversationKeys }) => newConversationKeys)).toEqual([new Set([2]), new Set([2]), new Set([3])]);
      });

      it("tells ids apart by their exact characters", async () => {
        const { conversationKeys } = await append("x", ...["a", "A", "à", "a\u0300", " a", "a "].map((id) => message(id, id)));

        expect(new Set(conversationKeys).size).toBe(6);
      });

      it("appends nothing of nothing", async () => {
        expect(await log.append([])).toEqual([]);
        expect(await append("x")).toEqual({ conversationKeys: [], positions: [], newConversationKeys: new Set() });
        expect(await log.size()).toEqual({ eventCount: 0, conversationCount: 0, position: 0 });
      });

      it("takes calls that overlap in the order they were made", async () => {
        const calls = [
          append("x", message("c1", "a")),
          append("x", message("c2", "a"), message("c1", "a")),
          append("x", message("c2", "b")),
        ];
        const size = log.size();

        expect((await Promise.all(calls)).map(({ positions }) => positions)).toEqual([[1], [2, 0], [3]]);
        expect(await size).toEqual({ eventCount: 3, conversationCount: 2, position: 3 });
      });
    });

    describe("histories", () => {
      it("come in the order of the keys, without those that are not held", async () => {
        await append("x", message("c1", "a"), message("c2", "a"), message("c3", "a"));

        expect((await log.histories([3, 99, 1, 0])).map(({ key }) => key)).toEqual([3, 1]);
        expect(await log.histories([])).toEqual([]);
      });

      it("hold their events in the order of arrival, whatever their times and ids", async () => {
        const early = [message("c1", "z", 3), message("c1", "m", 1), message("c1", "a", 2)];
        const late = [message("c1", "10", 1), message("c1", "9", 0)];
        await append("x", ...early);
        await append("x", ...late);

        expect(await log.histories([1])).toEqual([{ key: 1, accountId: "x", events: [...early, ...late] }]);
      });
    });

    describe("readAll", () => {
      it("reads nothing from an empty log", async () => {
        expect(await readWhole(log)).toEqual([]);
      });

      it("reads every conversation once, whole, by ascending key, in several chunks", async () => {
        const events = messages(0, 20_000, 3_000);
        await append("x", ...events);

        const chunks = await readChunks(log);

        expect(chunks.length).toBeGreaterThan(1);
        const ownEvents = Map.groupBy(events, ({ conversationId }) => conversationId).values();
        expect(chunks.flat()).toEqual([...ownEvents].map((own, index) => ({ key: index + 1, accountId: "x", events: own })));
      });

      it("keeps a conversation whole that is larger than a chunk", async () => {
        await append("x", message("small", "a"), ...messages(0, 12_000, 1), message("last", "a"));

        expect((await readWhole(log)).map(({ events }) => events.length)).toEqual([1, 12_000, 1]);
      });

      it("can be left early, and begun again", async () => {
        await append("x", ...messages(0, 60_000, 10_000));
        for await (const chunk of log.readAll()) {
          expect(chunk.length).toBeGreaterThan(0);
          break;
        }

        expect(await readWhole(log)).toHaveLength(10_000);
      });

      it("lets other calls in between two chunks", async () => {
        // More than a log may read ahead.
        await append("x", ...messages(0, 60_000, 10_000));
        const read = [];
        for await (const chunk of log.readAll()) {
          if (read.length === 0) {
            await log.remove([10_000]);
            await append("x", message("c9998", "late"), message("new", "a"));
          }
          read.push(...chunk);
        }

        expect(read.map(({ key }) => key)).toEqual(Array.from({ length: 9_999 }, (_, index) => index + 1));
        expect(read.at(-1)!.events).toHaveLength(7);
      });
    });

    describe("quietSince", () => {
      beforeEach(async () => {
        const atByConversation = { c1: 100, c2: 300, c3: 50, c4: 199, c5: 10 };
        await append("x", ...Object.entries(atByConversation).map(([conversationId, at]) => message(conversationId, "a", at)));
        await append("x", message("c3", "b", 200), message("c5", "b", 5));
      });

      it("finds conversations by the time of their last event, not by its arrival", async () => {
        expect(await quietKeys(200)).toEqual([1, 4, 5]);
        expect(await quietKeys(201)).toEqual([1, 3, 4, 5]);
        expect(await quietKeys(10)).toEqual([]);
        expect(await quietKeys(11)).toEqual([5]);
      });

      it("goes on after the last one of the page before, by hour and then by key, though that one was removed", async () => {
        await append("x", message("c2", "z", HOUR_MS), message("c6", "a", HOUR_MS + 1), message("c7", "a", 400));
        const pages: number[][] = [];
        for (let last: ConversationHistory | null | undefined = null; last !== undefined;) {
          const page: ConversationHistory[] = await log.quietSince(2 * HOUR_MS, last, 2);
          await log.remove(page.map(({ key }) => key));
          pages.push(page.map(({ key }) => key));
          last = page.at(-1);
        }
        expect(pages).toEqual([[1, 3], [4, 5], [7, 2], [6], []]);
      });

      it("returns them whole", async () => {
        const events = [message("c5", "a", 10), message("c5", "b", 5)];

        expect(await log.quietSince(11, null, 1)).toEqual([{ key: 5, accountId: "x", events }]);
      });

      it("leaves out a conversation that has gone on, or was removed", async () => {
        await append("x", message("c1", "z", 1000));
        await log.remove([4]);

        expect(await quietKeys(500)).toEqual([2, 3, 5]);
      });
    });

    describe("remove", () => {
      it("forgets conversations with all of their events, and passes over keys that are not held", async () => {
        await append("x", ...messages(0, 50, 5));
        await log.remove([2, 99, 4, 2]);

        expect((await readWhole(log)).map(({ key }) => key)).toEqual([1, 3, 5]);
        expect(await log.histories([2, 4])).toEqual([]);
        expect(await log.size()).toEqual({ eventCount: 30, conversationCount: 3, position: 50 });
      });

      it("lets a forgotten conversation come again, as a new one with a key that is not in use", async () => {
        await append("x", message("c1", "a"), message("c2", "a"));
        await log.remove([1]);
        const { positions, conversationKeys, newConversationKeys } = await append("x", message("c1", "a"));

        expect(positions).toEqual([3]);
        expect(newConversationKeys).toEqual(new Set(conversationKeys));
        expect(conversationKeys).not.toEqual([2]);
        expect(await log.size()).toEqual({ eventCount: 2, conversationCount: 2, position: 3 });
      });
    });

    describe("changesSince", () => {
      it("tells the conversations that went on or were removed, and from which key on others have come", async () => {
        await append("x", ...messages(0, 50, 5));
        const mark = await log.mark();
        expect(await log.changesSince(mark)).toEqual({ changedKeys: [], newestKey: 5 });

        await append("x", message("c4", "late"), message("new", "a"), message("c1", "1"));
        await append("x", message("new", "b"), message("c1", "late"), message("c4", "later"));
        await log.remove([1, 6, 99]);
        await append("x", message("c0", "again"));

        expect(await log.changesSince(mark)).toEqual({ changedKeys: [1, 2, 5], newestKey: 5 });
        expect(await log.changesSince(await log.mark())).toEqual({ changedKeys: [], newestKey: 7 });
        expect((await readWhole(log, 5)).map(({ key }) => key)).toEqual([7]);
      });

      it("knows marks of before it was opened again, and when they were made", async () => {
        const first = await log.mark();
        await append("x", message("c1", "a"), message("c2", "a"));
        const mark = await log.mark();
        await reopen();
        await append("x", message("c2", "b"));

        expect([first.position, mark.position]).toEqual([0, 2]);
        expect(await log.changesSince(first)).toEqual({ changedKeys: [], newestKey: 0 });
        expect(await log.changesSince(mark)).toEqual({ changedKeys: [2], newestKey: 2 });
      });

      it("counts what changes nothing as no change", async () => {
        await append("x", message("c1", "a"));
        const mark = await log.mark();
        await append("x", message("c1", "a"));
        await log.remove([77]);

        expect(await log.mark()).toEqual(mark);
      });

      it("knows no marks of other logs", async () => {
        await append("x", message("c1", "a"));
        const mark = await log.mark();
        const other = await openIn(await createTempFolder());
        onTestFinished(() => other.close());
        await other.append([{ accountId: "x", events: [message("c1", "a")] }]);

        expect(await other.changesSince(mark)).toBeNull();
      });

      it("knows no marks that were let go of, and the others as before", async () => {
        const old = await log.mark();
        await append("x", message("c1", "a"));
        const mark = await log.mark();
        await append("x", message("c1", "b"));
        await log.forgetMarksBefore(mark);

        expect(await log.changesSince(old)).toBeNull();
        expect(await log.changesSince(mark)).toEqual({ changedKeys: [1], newestKey: 1 });
      });
    });

    describe("opened again", () => {
      it("holds what it held, knows duplicates, and goes on counting", async () => {
        await append("x", ...messages(0, 30, 3));
        const before = await readWhole(log);
        await reopen();

        expect(await readWhole(log)).toEqual(before);
        expect(await log.size()).toEqual({ eventCount: 30, conversationCount: 3, position: 30 });
        const { conversationKeys, positions } = await append("x", message("c0", "0"), message("c0", "new"), message("c9", "a"));
        expect(conversationKeys).toEqual([1, 1, 4]);
        expect(positions).toEqual([0, 31, 32]);
      });

      it("never uses a position again, even when its newest events are gone", async () => {
        await append("x", ...messages(0, 10, 2));
        await log.remove([1, 2]);
        await reopen();

        expect(await log.size()).toEqual({ eventCount: 0, conversationCount: 0, position: 10 });
        expect((await append("x", message("c0", "0"))).positions).toEqual([11]);
      });
    });

    describe("closed", () => {
      it("refuses every call, and says that it is closed", async () => {
        await append("x", ...messages(0, 12_000, 2_000));
        const reading = log.readAll()[Symbol.asyncIterator]();
        await reading.next();
        await log.close();

        const calls = [
          () => append("x", message("c1", "a")),
          () => log.histories([1]),
          () => reading.next(),
          () => readWhole(log),
          () => log.quietSince(9, null, 1),
          () => log.remove([1]),
          () => log.size(),
          () => log.mark(),
        ];
        for (const call of calls) await expect(call()).rejects.toThrow(/closed/);
      });

      it("can be closed again", async () => {
        await log.close();
        await log.close();
      });
    });

    it("does what a plain list of events does, whatever the events, duplicates, removals and restarts", { timeout: 30_000 }, async () => {
      const anyBatch = fc.record({ accountId: fc.constantFrom("x", "y"), events: fc.array(anyEvent, { maxLength: 8 }) });
      const anyStep = fc.oneof(
        { weight: 6, arbitrary: fc.record({ append: fc.array(anyBatch, { maxLength: 3 }) }) },
        { weight: 2, arbitrary: fc.record({ removeEvery: fc.integer({ min: 2, max: 5 }) }) },
        { weight: 1, arbitrary: fc.constant({ reopen: true }) },
      );
      const anyPageSize = fc.integer({ min: 1, max: 10 });
      const property = fc.asyncProperty(
        fc.array(anyStep, { minLength: 1, maxLength: 10 }),
        fc.maxSafeNat(),
        anyPageSize,
        async (steps, beforeMs, pageSize) => {
          await log.remove((await readWhole(log)).map(({ key }) => key));
          const model = new ModelLog((await log.size()).position);
          const [mark, atMark] = [await log.mark(), await readWhole(log)];
          for (const step of steps) {
            if ("append" in step) {
              const appended = await log.append(step.append);
              const expected = model.append(step.append, appended);
              expect(appended).toEqual(expected);
            } else if ("removeEvery" in step) {
              const keys = model
                .histories()
                .map(({ key }) => key)
                .filter((key) => key % step.removeEvery === 0);
              await log.remove(keys);
              model.remove(keys);
            } else {
              await reopen();
            }
          }
          const histories = model.histories();
          expect(await log.size()).toEqual(model.size());
          expect(await readWhole(log)).toEqual(histories);
          expect(await log.histories(histories.map(({ key }) => key))).toEqual(histories);
          const { changedKeys, newestKey } = (await log.changesSince(mark))!;
          const unchanged = atMark.filter(({ key }) => !changedKeys.includes(key));
          const changed = await log.histories(changedKeys);
          expect([...unchanged, ...changed, ...(await readWhole(log, newestKey))].toSorted((a, b) => a.key - b.key)).toEqual(histories);
          const quiet: ConversationHistory[] = [];
          const nextPage = () => log.quietSince(beforeMs, quiet.at(-1) ?? null, pageSize);
          for (let page = await nextPage(); page.length > 0; page = await nextPage()) quiet.push(...page);
          expect(quiet).toEqual(model.quietSince(beforeMs));
        },
      );
      await fc.assert(property, { numRuns: 100 });
    });
  });
}
