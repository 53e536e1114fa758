import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { writeMessage } from "../src/jetstream/message-rows.ts";
import type { RowBatch } from "../src/sqlite/row-block.ts";
import { openSqliteReplica } from "../src/sqlite/index.ts";
import { message, messages, readWhole } from "./messages.ts";
import { createTempFolder } from "./temp-folder.ts";

const cursorAt = (sequence: number): { source: string; sequence: number; at: number } => ({ source: "a stream", sequence, at: 1 });
const batchOf = (...events: RowBatch["events"]): RowBatch => writeMessage({ accountId: "x", events });

test("What is stored together is one part a conversation, in however many batches it came, and each event once", async () => {
  const folder = await createTempFolder();
  const { log, store } = await openSqliteReplica({ folder });
  const all = messages(0, 60, 4);
  await store([batchOf(...all.slice(0, 8))], cursorAt(1));
  const batches = [batchOf(...all.slice(4, 20)), writeMessage({ accountId: "y", events: [message("c0", "0")] }), batchOf(...all.slice(10))];
  const appended = await store(batches, cursorAt(4));

  const histories = await readWhole(log);
  expect(histories.map(({ accountId, events }) => [accountId, events])).toEqual([
    ...[0, 1, 2, 3].map((c) => ["x", all.filter((_, i) => i % 4 === c)]),
    ["y", [message("c0", "0")]],
  ]);
  const positions = appended.map((batch) => batch.positions);
  expect(positions[0]).toEqual([0, 0, 0, 0, ...Array.from({ length: 12 }, (_, i) => 9 + i)]);
  expect(positions[1]).toEqual([21]);
  expect(positions[2]).toEqual([...Array.from({ length: 10 }, () => 0), ...Array.from({ length: 40 }, (_, i) => 22 + i)]);
  await log.close();

  const db = new DatabaseSync(join(folder, "events.sqlite"));
  const parts = db.prepare("SELECT count(*) AS count FROM parts").get();
  db.close();
  expect(parts).toEqual({ count: 4 + 4 + 1 });
});
