import { BadLines } from "./bad-lines.ts";
import { readLines, sizeOf } from "./event-file.ts";
import { postEvents, type Destination } from "./post-events.ts";
import { Progress } from "./progress.ts";

export interface ImportOptions extends Destination {
  /** Moves the time of every event so that the last one is now. */
  readonly shiftToNow: boolean;
}

const BATCH_EVENTS = 5_000;

interface PlacedEvent {
  readonly path: string;
  readonly line: number;
  readonly event: unknown;
}

/**
 * Sends event files to a running gateway and says what became of them.
 *
 * @throws FileError, PostError
 */
export async function importFiles(paths: readonly string[], options: ImportOptions): Promise<void> {
  const begin = performance.now();
  const sizeBytes = await sizeOf(paths);
  const shiftMs = options.shiftToNow ? Date.now() - (await lastAtMs(paths)) : 0;
  const progress = new Progress();
  const bad = new BadLines();
  const total = { accepted: 0, duplicates: 0, bytes: 0 };

  const sendBatch = async (batch: readonly PlacedEvent[]): Promise<void> => {
    if (batch.length === 0) return;
    const answer = await postEvents(
      options,
      batch.map(({ event }) => event),
      (reason) => process.stderr.write(`waiting: ${reason}\n`),
    );
    total.accepted += answer.accepted;
    total.duplicates += answer.duplicates;
    for (const { index, message } of answer.rejected) bad.add(batch[index]!.path, batch[index]!.line, message);
    progress.show(() => `${Math.floor((100 * total.bytes) / sizeBytes)} %, ${total.accepted + total.duplicates} events`);
  };

  let batch: PlacedEvent[] = [];
  for (const path of paths) {
    for await (const { number, parsed } of readLines(path, (count) => (total.bytes += count))) {
      if (!parsed.ok) {
        bad.add(path, number, parsed.message);
        continue;
      }
      batch.push({ path, line: number, event: shifted(parsed.value, shiftMs) });
      if (batch.length < BATCH_EVENTS) continue;
      await sendBatch(batch);
      batch = [];
    }
  }
  await sendBatch(batch);
  progress.end();
  const seconds = (performance.now() - begin) / 1000;
  process.stdout.write(
    `${total.accepted} accepted, ${total.duplicates} duplicates, ${bad.count} bad lines skipped, in ${seconds.toFixed(2)} s\n`,
  );
}

async function lastAtMs(paths: readonly string[]): Promise<number> {
  let lastMs = 0;
  for (const path of paths) {
    for await (const { parsed } of readLines(path)) {
      const at = parsed.ok ? atOf(parsed.value) : null;
      if (at !== null) lastMs = Math.max(lastMs, at);
    }
  }
  return lastMs;
}

function shifted(value: unknown, byMs: number): unknown {
  const at = atOf(value);
  return byMs === 0 || at === null ? value : { ...(value as object), at: at + byMs };
}

/** @returns the event time; null where there is none, which the gateway will say itself */
function atOf(value: unknown): number | null {
  const at = typeof value === "object" && value !== null ? (value as { at?: unknown }).at : undefined;
  return Number.isSafeInteger(at) ? (at as number) : null;
}
