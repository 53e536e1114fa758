import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { Changes } from "../src/sqlite/changes.ts";
import { createTables } from "../src/sqlite/schema.ts";
import { prepareStatements } from "../src/sqlite/statements.ts";

it("changes are kept until they name a million conversations, though nobody lets go of them", () => {
  const db = new DatabaseSync(":memory:");
  createTables(db);
  const changes = new Changes(db);
  const first = changes.mark(prepareStatements(db));
  const keys = Array.from({ length: 20_000 }, (_, i) => i + 1);
  const rowCount = () => Number(db.prepare("SELECT count(*) FROM changes", { returnArrays: true }).get()![0]);

  for (let number = 2; number < 64; number++) changes.add(keys, keys.length);
  expect(changes.since(first)).toEqual({ changedKeys: [], newestKey: 0 });
  changes.add(keys, keys.length);
  expect(changes.since(first)).toBeNull();
  const kept = changes.mark(prepareStatements(db));
  for (let number = 65; number <= 640; number++) changes.add(keys, keys.length);

  expect(rowCount()).toBeLessThan(2 * 64);
  expect(changes.since(kept)).toBeNull();
  expect(changes.since(changes.mark(prepareStatements(db)))).toEqual({ changedKeys: [], newestKey: keys.length });
  db.close();
});
