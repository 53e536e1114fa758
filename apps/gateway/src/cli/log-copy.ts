import { createWriteStream, existsSync } from "node:fs";
import { link, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { openSqliteLog, pathIn, SqliteCopy } from "@segmeter/event-log/sqlite";
import type { EventLog, LogSize } from "@segmeter/event-log";
import { sync } from "../durable-file.ts";
import { isErrno } from "../errno.ts";
import { COMPANIONS, companionsIn } from "../liveperson/companions.ts";
import { authorizationOf, causeOf, problemText, urlOf } from "./gateway-request.ts";
import { Progress } from "./progress.ts";

/** A backup that cannot be made, read or put back; the message says what to do. */
export class BackupError extends Error {
  override readonly name = "BackupError";
}

export interface RunningGateway {
  readonly url: string;
  readonly token: string | undefined;
}

/** Where the log is: a gateway that runs, or the folder of one that does not. */
export type LogPlace = { readonly gateway: RunningGateway } | { readonly dataDir: string };

/**
 * Writes a copy of the log, and of what lies beside it, to a new file.
 *
 * @throws BackupError, StorageError
 */
export async function copyLog(place: LogPlace, path: string, progress: Progress): Promise<void> {
  if ("gateway" in place) return download(place.gateway, path, progress);
  const log = await openLogIn(place.dataDir);
  try {
    await log.copyTo(path, companionsIn(place.dataDir));
  } finally {
    await log.close();
  }
}

/** Opens the log of a folder; unlike a gateway it makes none. */
export function openLogIn(dataDir: string): Promise<EventLog> {
  const path = pathIn(dataDir);
  if (!existsSync(path)) throw new BackupError(`${path}: there is no event log; name the data folder of a gateway`);
  return openSqliteLog({ folder: dataDir, filledFrom: "EITHER" });
}

/**
 * Has a copy written beside its place, checks it from end to end, and only then gives it its name.
 *
 * @param unpackInto the folder that the files which go along are put into; left out: they stay in the copy
 * @throws BackupError, StorageError
 */
export async function makeCopy(
  path: string,
  write: (temporary: string, progress: Progress) => Promise<void>,
  unpackInto?: string,
): Promise<void> {
  const temporary = `${path}.${process.pid}.part`;
  const progress = new Progress();
  try {
    await write(temporary, progress);
    const { eventCount, conversationCount } = checkCopy(temporary, progress);
    if (unpackInto !== undefined) await unpack(temporary, unpackInto);
    await giveName(temporary, path);
    progress.end();
    process.stderr.write(`${path}: ${eventCount} events of ${conversationCount} conversations, checked\n`);
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * Reads a copy from end to end: every page, every checksum, every conversation, every file that goes along.
 *
 * @throws StorageError if anything is not what was written
 */
function checkCopy(path: string, progress: Progress): LogSize {
  const copy = SqliteCopy.open(path);
  try {
    const size = copy.size();
    let eventCount = 0;
    for (const chunk of copy.readAll()) {
      for (const { events } of chunk) eventCount += events.length;
      progress.show(() => `checking: ${eventCount} of ${size.eventCount} events`);
    }
    for (const [, pieces] of copy.companions()) for (const _ of pieces);
    return size;
  } finally {
    copy.close();
  }
}

/** Before the log has its name: no gateway starts on it without them. What is there already is newer, and stays. */
async function unpack(copyPath: string, dataDir: string): Promise<void> {
  const copy = SqliteCopy.open(copyPath);
  try {
    for (const [name, pieces] of copy.companions()) {
      if (!COMPANIONS.includes(name)) throw new BackupError(`${copyPath}: it holds ${name}, which this version does not know`);
      const path = join(dataDir, name);
      if (existsSync(path)) process.stderr.write(`${path} is there already, and stays as it is\n`);
      else await writeWhole(path, pieces);
    }
  } finally {
    copy.close();
  }
  SqliteCopy.dropCompanions(copyPath);
}

async function writeWhole(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const temporary = `${path}.${process.pid}.part`;
  try {
    await writeFile(temporary, pieces, { flag: "wx", mode: 0o600 });
    await giveName(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * Gives a whole file its name, at once and for good, unless something has that name already.
 *
 * @throws BackupError
 */
async function giveName(temporary: string, path: string): Promise<void> {
  await sync(temporary);
  try {
    await link(temporary, path);
  } catch (error) {
    if (isErrno(error, "EEXIST")) throw alreadyThere(path);
    throw new BackupError(`${path}: ${(error as Error).message}`, { cause: error });
  }
  await rm(temporary);
  await sync(dirname(path));
}

export function alreadyThere(path: string): BackupError {
  return new BackupError(`${path} is there already, and is not overwritten; move it away, or name another place`);
}

async function download({ url, token }: RunningGateway, path: string, progress: Progress): Promise<void> {
  const { body, sizeBytes } = await ask(urlOf(url, "/v1/backup"), token);
  let readBytes = 0;
  const counter = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      readBytes += chunk.length;
      progress.show(() => `copying: ${Math.floor((100 * readBytes) / sizeBytes)} % of ${sizeBytes} bytes`);
      done(null, chunk);
    },
  });
  try {
    await pipeline(body, counter, createWriteStream(path, { flags: "wx", mode: 0o600 }));
  } catch (error) {
    throw new BackupError(`the copy broke off after ${readBytes} of ${sizeBytes} bytes: ${causeOf(error)}`, { cause: error });
  }
  const writtenBytes = (await stat(path)).size;
  if (writtenBytes !== sizeBytes) throw new BackupError(`expected a copy of ${sizeBytes} bytes, got ${writtenBytes}`);
}

interface CopyAnswer {
  readonly body: NonNullable<Response["body"]>;
  readonly sizeBytes: number;
}

async function ask(path: string, token: string | undefined): Promise<CopyAnswer> {
  let response: Response;
  try {
    response = await fetch(path, { method: "POST", headers: authorizationOf(token) });
  } catch (error) {
    throw new BackupError(`no gateway answers at ${path} (${causeOf(error)}); where none runs, name its data folder with --data-dir`, {
      cause: error,
    });
  }
  const { body } = response;
  if (!response.ok || body === null) {
    throw new BackupError(`the gateway answered ${response.status}: ${problemText(await response.text())}`);
  }
  return { body, sizeBytes: Number(response.headers.get("content-length")) };
}
