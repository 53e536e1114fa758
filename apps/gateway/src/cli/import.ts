import { EVENT_CHARS_MAX } from "../http/event-values.ts";
import { BadLines } from "./bad-lines.ts";
import { readLines, sizeOf } from "./event-file.ts";
import { createSender, type Destination } from "./post-events.ts";
import { Progress } from "./progress.ts";

export interface ImportOptions extends Destination {
  /** Moves the time of every event so that the last one is now. */
  readonly shiftToNow: boolean;
}

// A gateway takes twice as much in one request.
const BATCH_EVENTS = 5_000;
const BATCH_BYTES = 8 * 1024 * 1024;

interface PlacedEvent {
  readonly path: string;
  readonly line: number;
  /** JSON. */
  readonly text: string;
}

/**
 * Sends event files to a running gateway and says what became of them.
 *
 * @throws FileError, PostError, AwayError
 */
export async function importFiles(paths: readonly string[], options: ImportOptions): Promise<void> {
  const begin = performance.now();
  const sizeBytes = await sizeOf(paths);
  const shiftMs = options.shiftToNow ? Date.now() - (await lastAtMs(paths)) : 0;
  const progress = new Progress();
  const bad = new BadLines();
  const total = { accepted: 0, duplicates: 0, bytes: 0 };
  const send = createSender(options, (reason) => progress.say(`waiting: ${reason}`));

  const sendBatch = async (batch: readonly PlacedEvent[]): Promise<void> => {
    if (batch.length === 0) return;
    const answer = await send(batch.map(({ text }) => text));
    total.accepted += answer.accepted;
    total.duplicates += answer.duplicates;
    for (const { index, message } of answer.rejected) bad.add(batch[index]!.path, batch[index]!.line, message);
    progress.show(() => `${Math.floor((100 * total.bytes) / sizeBytes)} %, ${total.accepted + total.duplicates} events`);
  };

  let batch: PlacedEvent[] = [];
  let batchBytes = 0;
  for (const path of paths) {
    for await (const { number, parsed } of readLines(path, (count) => (total.bytes += count))) {
      if (!parsed.ok) {
        bad.add(path, number, parsed.message);
        continue;
      }
      const text = shiftMs === 0 ? parsed.text : shifted(parsed, shiftMs);
      // One such line, and the gateway takes nothing of what it is sent with.
      if (text.length > EVENT_CHARS_MAX) {
        bad.add(path, number, `expected at most ${EVENT_CHARS_MAX} characters, got ${text.length}`);
        continue;
      }
      const textBytes = Buffer.byteLength(text);
      if (batch.length === BATCH_EVENTS || batchBytes + textBytes > BATCH_BYTES) {
        await sendBatch(batch);
        batch = [];
        batchBytes = 0;
      }
      batch.push({ path, line: number, text });
      batchBytes += textBytes;
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

function shifted({ value, text }: { readonly value: unknown; readonly text: string }, byMs: number): string {
  const at = atOf(value);
  return at === null ? text : JSON.stringify({ ...(value as object), at: at + byMs });
}

/** @returns the event time; null where there is none, which the gateway will say itself */
function atOf(value: unknown): number | null {
  const at = typeof value === "object" && value !== null ? (value as { at?: unknown }).at : undefined;
  return Number.isSafeInteger(at) && (at as number) >= 0 ? (at as number) : null;
}
