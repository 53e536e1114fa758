import { parentPort } from "node:worker_threads";
import { StorageError } from "../event-log.ts";
import { openSqliteFile } from "./open.ts";
import { EventUnpacker } from "./packed-events.ts";
import type { StoredConversation } from "./read.ts";
import type { SqliteFile } from "./sqlite-file.ts";
import { packHistories, transferOf } from "./thread-calls.ts";
import type { Call, CallAnswer, PackedHistories, ThreadCalls } from "./thread-calls.ts";

// The thread of one log. It opens the file, and then does what it is asked, one call after another, until it is closed.

/** Until the first call, `open`, has been answered nothing else comes. */
let file: SqliteFile;
const readers = new Map<number, Iterator<StoredConversation[], void>>();
let readerCount = 0;
let copying: { readonly state: "copying" | "copied" } | { readonly state: "failed"; readonly error: unknown };

const CALLS: ThreadCalls = {
  open: (folder, filledFrom) => {
    file = openSqliteFile(folder, filledFrom);
  },
  cursor: () => file.cursor(),
  append: (events, cursor) => file.append(new EventUnpacker(events), cursor),
  histories: (keys) => packHistories(file.histories(keys)),
  startReading: (afterKey) => {
    readers.set(++readerCount, file.readAll(afterKey));
    return readerCount;
  },
  readNext,
  stopReading: (reader) => void readers.delete(reader),
  quietSince: (...page) => packHistories(file.quietSince(...page)),
  remove: (keys) => file.remove(keys),
  size: () => file.size(),
  mark: () => file.mark(),
  changesSince: (mark) => file.changesSince(mark),
  forgetMarksBefore: (mark) => file.forgetMarksBefore(mark),
  startCopying,
  isCopied: () => {
    if (copying.state === "failed") throw copying.error;
    return copying.state === "copied";
  },
  close: () => file.close(),
};

function readNext(reader: number): PackedHistories | null {
  const next = readers.get(reader)?.next();
  if (next?.done === false) return packHistories(next.value);
  readers.delete(reader);
  return null;
}

/** @returns once the next call may come; how the copy ends, `isCopied` tells */
async function startCopying(path: string, companionPaths: readonly string[]): Promise<void> {
  copying = { state: "copying" };
  const { promise: begun, resolve: onBegun } = Promise.withResolvers<void>();
  const over = file.copyTo(path, companionPaths, onBegun).then(
    () => void (copying = { state: "copied" }),
    (error: unknown) => void (copying = { state: "failed", error }),
  );
  await Promise.race([begun, over]);
}

const port = parentPort!;
/** Settles, never rejects, when the calls so far are answered. */
let answering: Promise<void> = Promise.resolve();
port.on("message", (call: Call) => (answering = answering.then(() => perform(call))));

async function perform({ name, args }: Call): Promise<void> {
  // A call's arguments are those of its name.
  const call = CALLS[name] as (...given: unknown[]) => unknown;
  try {
    const result = await call(...args);
    answer({ result }, transferOf(result));
  } catch (error) {
    answer({ error, fault: error instanceof StorageError ? error.fault : null }, []);
  }
}

function answer(message: CallAnswer, transfer: ArrayBuffer[]): void {
  port.postMessage(message, transfer);
}
