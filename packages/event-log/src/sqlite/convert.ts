import type { DatabaseSync } from "node:sqlite";
import { idsCrcOf } from "./event-row.ts";
import { writePart } from "./part.ts";
import { rowsOf, toHistory } from "./read.ts";
import { Changes } from "./changes.ts";
import { createTables, FORMAT_VERSION, HOUR_MS, SCHEMA } from "./schema.ts";
import { prepareStatements } from "./statements.ts";
import { readTotals, writeTotals } from "./totals.ts";
import { Version1File } from "./version-1.ts";

/**
 * Makes a log of the present format of one of the first. Within a transaction: it is the caller's to commit.
 *
 * @throws Damage if anything in it is not what was written
 */
export function convertVersion1(db: DatabaseSync): void {
  for (const table of TABLES) db.exec(`ALTER TABLE ${table} RENAME TO ${OLD}${table}`);
  createTables(db);
  const statements = prepareStatements(db);
  const old = new Version1File(db, OLD);
  for (const chunk of old.readAll()) {
    for (const conversation of chunk) {
      toHistory(conversation, rowsOf(conversation));
      const { key, accountId, conversationId, lastAt, eventCount } = conversation;
      statements.addConversation.run(key, accountId, conversationId, lastAt, Math.floor(lastAt / HOUR_MS), eventCount);
      writePart(statements, key, conversation, idsCrcOf(accountId, conversationId));
    }
  }
  const totals = old.totals();
  writeTotals(statements, totals);
  new Changes(db).add([], totals.newestKey);
  for (const table of TABLES) db.exec(`DROP TABLE ${OLD}${table}`);
}

/** Makes a log of the present format of one of version 2. Within a transaction: it is the caller's to commit. */
export function convertVersion2(db: DatabaseSync): void {
  db.exec(`${SCHEMA.at(-1)!}; PRAGMA user_version = ${FORMAT_VERSION}`);
  new Changes(db).add([], readTotals(prepareStatements(db)).newestKey);
}

const TABLES = ["conversations", "events", "totals"];
const OLD = "version_1_";
