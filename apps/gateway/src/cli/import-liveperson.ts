import { open, type FileHandle } from "node:fs/promises";
import { AgentDirectory, parseAgents, toHistoryEvents } from "@segmeter/liveperson";
import { askAgents } from "./agents.ts";
import { FileError, readJsonValues, sizeOf } from "./event-file.ts";
import { createSender, type Destination } from "./post-events.ts";
import { Progress } from "./progress.ts";

export interface LivePersonImportOptions extends Destination {
  /** Where every record with a fault is named, one JSON object a line. */
  readonly report: string | undefined;
}

const BATCH_EVENTS = 5_000;
const LISTED_MAX = 100;

/**
 * Sends the records of conversation searches to a running gateway, and names each that could not be taken whole.
 *
 * @throws FileError, PostError, AwayError
 */
export async function importLivePerson(paths: readonly string[], options: LivePersonImportOptions): Promise<void> {
  const begin = performance.now();
  const sizeBytes = await sizeOf(paths);
  const directory = new AgentDirectory(parseAgents(await askAgents(options, "agents")).entries);
  const progress = new Progress();
  const report = await FaultReport.open(options.report);
  const send = createSender(options, (reason) => progress.say(`waiting: ${reason}`), "liveperson/history");
  const total = { records: 0, accepted: 0, duplicates: 0, bytes: 0 };

  const batch: { readonly path: string; readonly conversation: string; readonly text: string }[] = [];
  const conversations = new Set<string>();
  const sendBatch = async (): Promise<void> => {
    const sent = batch.splice(0, BATCH_EVENTS);
    conversations.clear();
    if (sent.length === 0) return;
    const answer = await send(sent.map(({ text }) => text));
    total.accepted += answer.accepted;
    total.duplicates += answer.duplicates;
    for (const { index, message } of answer.rejected) await report.add(sent[index]!.path, sent[index]!.conversation, [message]);
    progress.show(() => `${Math.floor((100 * total.bytes) / sizeBytes)} %, ${total.records} conversations`);
  };

  for (const path of paths) {
    for await (const parsed of readJsonValues(path, (count) => (total.bytes += count))) {
      const records = parsed.ok ? recordsOf(parsed.value) : null;
      if (records === null) {
        await report.add(path, null, [parsed.ok ? "expected conversationHistoryRecords, or a record, got neither" : parsed.message]);
        continue;
      }
      for (const record of records) {
        const { events, faults } = toHistoryEvents(record, directory);
        const conversation = conversationOf(record);
        if (faults.length > 0) await report.add(path, conversation, faults);
        if (events.length === 0) continue;
        total.records += 1;
        // What a record says of who is at work is laid over what is known as a whole, one record after another.
        const { conversationId } = events[0]!;
        if (batch.length + events.length > BATCH_EVENTS || conversations.has(conversationId)) await sendBatch();
        conversations.add(conversationId);
        batch.push(...events.map((event) => ({ path, conversation: conversationId, text: JSON.stringify(event) })));
        while (batch.length > BATCH_EVENTS) await sendBatch();
      }
    }
  }
  while (batch.length > 0) await sendBatch();
  progress.end();
  await report.end();
  const seconds = ((performance.now() - begin) / 1000).toFixed(2);
  process.stdout.write(
    `${total.records} conversations, ${total.accepted} events accepted, ${total.duplicates} duplicates, ${report.count} records not taken whole, in ${seconds} s\n`,
  );
}

/** @returns the records of a response, or of a list of them; null: it is neither, nor a record */
function recordsOf(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value.flatMap((each) => recordsOf(each) ?? [each]);
  if (typeof value !== "object" || value === null) return null;
  if ("conversationHistoryRecords" in value) {
    const records = value.conversationHistoryRecords;
    return Array.isArray(records) ? records : null;
  }
  return "info" in value ? [value] : null;
}

function conversationOf(record: unknown): string | null {
  const info = (record as { readonly info?: { readonly conversationId?: unknown } | null } | null)?.info;
  const id = info?.conversationId;
  return typeof id === "string" ? id : null;
}

/** Names what was not taken whole: the first hundred on standard error, all of them in the report's file. */
class FaultReport {
  readonly #file: FileHandle | null;
  #count = 0;

  private constructor(file: FileHandle | null) {
    this.#file = file;
  }

  /** @throws FileError */
  static async open(path: string | undefined): Promise<FaultReport> {
    return new FaultReport(path === undefined ? null : await orFileError(open(path, "w")));
  }

  get count(): number {
    return this.#count;
  }

  /** @throws FileError */
  async add(file: string, conversation: string | null, faults: readonly string[]): Promise<void> {
    this.#count += 1;
    if (this.#count <= LISTED_MAX) process.stderr.write(`${file}: ${conversation ?? "?"}: ${faults.join("; ")}\n`);
    else if (this.#count === LISTED_MAX + 1)
      process.stderr.write(`…and more; only the first ${LISTED_MAX} are listed, --report takes all\n`);
    if (this.#file !== null) await orFileError(this.#file.appendFile(`${JSON.stringify({ file, conversation, faults })}\n`));
  }

  async end(): Promise<void> {
    await this.#file?.close();
  }
}

async function orFileError<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw new FileError(`the report: ${(error as Error).message}`, { cause: error });
  }
}
