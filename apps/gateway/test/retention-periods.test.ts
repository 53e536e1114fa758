import { Engine } from "@segmeter/engine";
import { openSqliteLog } from "@segmeter/event-log/sqlite";
import { expect, onTestFinished, test } from "vitest";
import { Intake } from "../src/intake.ts";
import { Retention } from "../src/retention.ts";
import { createTestFolder } from "./test-gateway.ts";

const HOUR_MS = 3_600_000;

test("pruned at a moment, what is over goes if its last event is older than what is kept then, whatever this node's clock says", async () => {
  const folder = await createTestFolder();
  const log = await openSqliteLog({ folder: folder.path });
  onTestFinished(async () => {
    await log.close();
    await folder.remove();
  });
  const engine = new Engine();
  const intake = new Intake({ log, engine, onBroken: () => undefined });
  const retention = new Retention({ log, engine, intake, retentionHours: 24, now: () => 0 });
  for (const at of [1, 2, 3]) {
    await intake.submit("x", [
      { eventId: "1", conversationId: `c${at}`, at, sequence: 0, type: "CONVERSATION_STARTED", source: "WEB", skillId: null },
      { eventId: "2", conversationId: `c${at}`, at, sequence: 0, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
    ]);
  }
  await intake.submit("x", [
    { eventId: "1", conversationId: "open", at: 1, sequence: 0, type: "CONVERSATION_STARTED", source: "WEB", skillId: null },
  ]);

  // Within work of the log's own, as the stream calls it.
  expect(await log.exclusively(() => retention.pruneAt(24 * HOUR_MS + 1))).toBe(0);
  expect(await log.exclusively(() => retention.pruneAt(24 * HOUR_MS + 3))).toBe(2);
  expect(await log.size()).toMatchObject({ conversationCount: 2 });
});
