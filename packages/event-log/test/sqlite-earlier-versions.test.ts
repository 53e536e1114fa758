import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { crc32, gunzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { StorageError } from "../src/index.ts";
import type { ConversationHistory } from "../src/index.ts";
import { openSqliteLog, SqliteCopy } from "../src/sqlite/index.ts";
import { message, readWhole } from "./messages.ts";
import { runScript } from "./processes/run.ts";
import { createTempFolder } from "./temp-folder.ts";

/** A log of three conversations and one that was removed, as the versions left it. */
const WRITTEN: Readonly<Record<number, Buffer>> = {
  1: gunzipSync(await readFile(new URL("version-1.sqlite.gz", import.meta.url))),
  2: gunzipSync(await readFile(new URL("version-2.sqlite.gz", import.meta.url))),
};

const C1 = { conversationId: "c1", sequence: 0 };
const C2 = { conversationId: "c2", sequence: 0 };
const OPENER = new URL("processes/opener.ts", import.meta.url);
const FAR = Number.MAX_SAFE_INTEGER;

/** What went into it, in the order of arrival. */
const HISTORIES: readonly ConversationHistory[] = [
  {
    key: 1,
    accountId: "x",
    events: [
      { ...C1, eventId: "1", at: 1_000, type: "CONVERSATION_STARTED", source: "WEB", skillId: "21" },
      {
        ...C1,
        eventId: "2",
        at: 2_000,
        type: "AGENT_ASSIGNED",
        agentId: "4501",
        groupId: "3",
        userType: "HUMAN",
        skillId: "21",
        takeover: false,
      },
      { ...C1, eventId: "3", at: 3_000, sequence: 7, type: "MESSAGE_SENT", sentBy: "AGENT", agentId: "4501" },
      { ...C1, eventId: "z", at: 2_500, type: "MESSAGE_SENT", sentBy: "SYSTEM", agentId: null },
      { ...C1, eventId: "a", at: 2_500, type: "AGENT_UNASSIGNED", skillId: "7", reason: "AGENT_TRANSFER" },
      { ...C1, eventId: "b", at: 2_600, type: "AGENT_UNASSIGNED", skillId: null, reason: null },
    ],
  },
  {
    key: 2,
    accountId: "x",
    events: [
      { ...C2, eventId: "1", at: 1_500, type: "CONVERSATION_RESUMED", source: null, skillId: null },
      {
        ...C2,
        eventId: "2",
        at: 1_600,
        type: "AGENT_ASSIGNED",
        agentId: "bot",
        groupId: null,
        userType: "BOT",
        skillId: null,
        takeover: true,
      },
      { ...C2, eventId: "3", at: 1_700, type: "CONVERSATION_CLOSED", closedBy: "CONSUMER" },
    ],
  },
  {
    key: 4,
    accountId: "y",
    events: [
      { conversationId: "à ' \"", eventId: "話🗨️", at: FAR, sequence: FAR, type: "MESSAGE_SENT", sentBy: "CONSUMER", agentId: null },
    ],
  },
];
const SIZE = { eventCount: 10, conversationCount: 3, position: 11 };

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await createTempFolder();
  path = join(folder, "events.sqlite");
});

for (const version of [1, 2]) {
  describe(`a log of version ${version}`, () => {
    beforeEach(() => writeFile(path, WRITTEN[version]!));

    it("holds, once it is opened, what it held", async () => {
      const log = await openSqliteLog({ folder });
      expect([await log.size(), await readWhole(log)]).toEqual([SIZE, HISTORIES]);
      expect(await log.quietSince(FAR, null, 10)).toEqual(HISTORIES.slice(0, 2));
      await log.close();
      expect(await readdir(folder)).toEqual(["events.sqlite"]);
    });

    it("knows its duplicates, and goes on counting", async () => {
      const opened = await openSqliteLog({ folder });
      const [appended] = await opened.append([{ accountId: "x", events: [message("c1", "z"), message("gone", "1"), message("c2", "4")] }]);
      expect(appended).toEqual({ conversationKeys: [1, 5, 2], positions: [0, 12, 13], newConversationKeys: new Set([5]) });
      await opened.close();

      const again = await openSqliteLog({ folder });
      expect(await again.size()).toEqual({ eventCount: 12, conversationCount: 4, position: 13 });
      await again.close();
    });

    it("is read as a copy, and stays as it is", async () => {
      const copy = SqliteCopy.open(path);
      expect([copy.size(), [...copy.readAll()].flat()]).toEqual([SIZE, HISTORIES]);
      copy.close();
      expect((await readFile(path)).equals(WRITTEN[version]!)).toBe(true);
    });

    it("tells from then on what changes", async () => {
      const log = await openSqliteLog({ folder });
      const mark = await log.mark();
      await log.append([{ accountId: "x", events: [message("c2", "4"), message("new", "1")] }]);
      expect(await log.changesSince(mark)).toEqual({ changedKeys: [2], newestKey: 4 });
      await log.close();
    });
  });
}

describe("a log of the first version", () => {
  beforeEach(() => writeFile(path, WRITTEN[1]!));

  it("is refused where an event changed, and left as it is", async () => {
    const changed = Buffer.from(WRITTEN[1]!);
    changed.write("4502", changed.indexOf("4501"));
    await writeFile(path, changed);

    await expect(openSqliteLog({ folder })).rejects.toThrow(expect.objectContaining({ fault: "DAMAGED" }));
    const copy = SqliteCopy.open(path);
    expect(() => [...copy.readAll()]).toThrow(StorageError);
    copy.close();
    const db = await readFile(path);
    expect(db.length).toBe(WRITTEN[1]!.length);
    expect(db.includes("CREATE TABLE events")).toBe(true);
  });

  it("is whole, in one form or the other, however often its conversion is killed", async () => {
    const histories = addConversations(2_000, 20);
    const versions = new Set<number>();
    for (let delayMs = 1; !versions.has(3); delayMs *= 2) {
      const opener = runScript(OPENER, [folder]);
      expect(await opener.nextLine()).toBe("opening");
      await delay(delayMs);
      await opener.kill();
      versions.add(versionOf(path));
    }
    expect(versions).toEqual(new Set([1, 3]));

    const log = await openSqliteLog({ folder });
    expect(await readWhole(log)).toEqual([...HISTORIES, ...histories]);
    await log.close();
  });
});

/** Adds conversations to the log at `path`, as the first version wrote them. */
function addConversations(count: number, eventsOfEach: number): ConversationHistory[] {
  const db = new DatabaseSync(path);
  const addConversation = db.prepare("INSERT INTO conversations VALUES (?, 'z', ?, ?, ?)");
  const addEvent = db.prepare(`INSERT INTO events VALUES (${Array(15).fill("?").join()})`);
  db.exec("BEGIN");
  const [keyBefore, positionBefore] = [4, SIZE.position];
  const histories = Array.from({ length: count }, (_, i) => {
    const [key, id] = [keyBefore + 1 + i, `c${i}`];
    addConversation.run(key, id, eventsOfEach, eventsOfEach);
    const events = Array.from({ length: eventsOfEach }, (_each, n) => message(id, String(n), n + 1));
    for (const [n, { eventId, at }] of events.entries()) {
      const row = [key, eventId, positionBefore + 1 + i * eventsOfEach + n, at, 0, 5, ...Array(7).fill(null), 1];
      addEvent.run(...row, crc32(JSON.stringify(row), crc32(JSON.stringify(["z", id]))));
    }
    return { key, accountId: "z", events };
  });
  const added = count * eventsOfEach;
  const totals = [positionBefore + added, keyBefore + count, SIZE.eventCount + added, SIZE.conversationCount + count];
  db.prepare("UPDATE totals SET position = ?, newest_key = ?, event_count = ?, conversation_count = ?, crc = ?").run(
    ...totals,
    crc32(JSON.stringify(totals)),
  );
  db.exec("COMMIT");
  db.close();
  return histories;
}

function versionOf(file: string): number {
  const db = new DatabaseSync(file);
  const { user_version: version } = db.prepare("PRAGMA user_version").get() as { user_version: number };
  db.close();
  return version;
}
