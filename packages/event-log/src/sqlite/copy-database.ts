import { closeSync, fsyncSync, openSync } from "node:fs";
import { backup, DatabaseSync } from "node:sqlite";
import { packCompanions } from "./companions.ts";

/** A step holds up whatever else is done with the log: 4 MB. */
const STEP_PAGES = 1_000;

/**
 * Copies a database while it is used, step by step, to a new file that is whole by itself. What is written meanwhile by the
 * same connection is in the copy as well.
 *
 * @param onBegun told after the first step: a transaction that is open by then makes SQLite call the database busy, which
 *   Node takes for the end of the copy and reports as "not an error". At later steps it only makes it wait.
 * @param companionPaths files that go along; read last, so that they are not older than what is copied
 */
export async function copyDatabase(db: DatabaseSync, path: string, onBegun: () => void, companionPaths: readonly string[]): Promise<void> {
  await backup(db, path, { rate: STEP_PAGES, progress: onBegun });
  const copy = new DatabaseSync(path);
  try {
    packCompanions(copy, companionPaths);
    // One file, that can be read where nothing can be written.
    copy.exec("PRAGMA journal_mode = DELETE");
  } finally {
    copy.close();
  }
  const file = openSync(path, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
