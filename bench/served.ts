import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { EventLog } from "@segmeter/event-log";
import { openSqliteLog } from "@segmeter/event-log/sqlite";
import { readConfig, startGateway, type Gateway } from "@segmeter/gateway";
import { ACCOUNT_ID, conversationsOf, DAY_END_MS } from "./dataset.ts";
import { time } from "./measure.ts";

/** A gateway over a log of one day, and how long it takes to read that. */
export interface Served {
  readonly url: string;
  readonly folder: string;
  readonly eventCount: number;
  /** Reading every conversation out of the open log, checked, as events, and nothing more. */
  readonly readMs: number;
  /** Having SQLite hand out the rows of the same log, in its order. */
  readonly selectMs: number;
  /** Another folder with the same log, that nobody has opened. */
  readonly copyFolder: string;
  readonly close: () => Promise<void>;
}

/**
 * Writes the day into a log, reads it alone, and starts a gateway on it; the gateway's clock stands at the end of the day.
 *
 * @param copyFolder gets a copy of the log
 */
export async function serve(folder: string, copyFolder: string, segmentCount: number, tell: (message: string) => void): Promise<Served> {
  tell(`writing the events of ${segmentCount} segments into a log`);
  const writing = await openSqliteLog({ folder });
  for (const chunk of conversationsOf(segmentCount)) {
    await writing.append([{ accountId: ACCOUNT_ID, events: chunk.flatMap(({ events }) => events) }]);
  }
  await writing.close();

  tell("reading the log alone");
  const reading = await openSqliteLog({ folder });
  const { eventCount } = await reading.size();
  const readMs = await time(() => readAll(reading));
  await reading.close();

  const selectMs = await time(() => selectRows(join(folder, "events.sqlite")));
  await copyFile(join(folder, "events.sqlite"), join(copyFolder, "events.sqlite"));

  tell(`starting a gateway on ${eventCount} events`);
  const gateway = await startBenchGateway(folder);
  return { url: gateway.url, folder, eventCount, readMs, selectMs, copyFolder, close: gateway.close };
}

/** Ready when it resolves. */
export async function startBenchGateway(folder: string): Promise<Gateway> {
  const config = readConfig({ PORT: "0", DATA_DIR: folder, LOG_LEVEL: "silent" });
  const gateway = await startGateway({ config, now: () => DAY_END_MS });
  await gateway.ready;
  return gateway;
}

function selectRows(path: string): number {
  const db = new DatabaseSync(path, { readOnly: true });
  let rowCount = 0;
  for (const row of db.prepare("SELECT * FROM parts", { returnArrays: true }).iterate()) rowCount += row === undefined ? 0 : 1;
  db.close();
  return rowCount;
}

async function readAll(log: EventLog): Promise<number> {
  let eventCount = 0;
  for await (const chunk of log.readAll()) for (const { events } of chunk) eventCount += events.length;
  return eventCount;
}
