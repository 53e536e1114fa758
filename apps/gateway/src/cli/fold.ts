import { END_REASONS, foldConversation, parseEvent, START_REASONS, type ConversationEvent, type Segment } from "@segmeter/engine";
import { BadLines } from "./bad-lines.ts";
import { readLines } from "./event-file.ts";

/**
 * Folds event files on the spot and prints their closed segments as NDJSON, or what they sum up to.
 *
 * @throws FileError
 */
export async function foldFiles(paths: readonly string[], { summary }: { readonly summary: boolean }): Promise<void> {
  const conversations = await readConversations(paths);
  const segments: Segment[] = [];
  for (const [id, events] of conversations) foldConversation(id, [...events.values()], (segment) => segments.push(segment));
  if (summary) process.stdout.write(summaryOf(conversations, segments));
  else for (const segment of segments) process.stdout.write(`${JSON.stringify(segment)}\n`);
}

/** The events of each conversation by their ids, in the order of arrival; of duplicates the first counts. */
type Conversations = ReadonlyMap<string, ReadonlyMap<string, ConversationEvent>>;

async function readConversations(paths: readonly string[]): Promise<Conversations> {
  const bad = new BadLines();
  const conversations = new Map<string, Map<string, ConversationEvent>>();
  const nowMs = Date.now();
  for (const path of paths) {
    for await (const { number, parsed } of readLines(path)) {
      const result = parsed.ok ? parseEvent(parsed.value, nowMs) : parsed;
      if (!result.ok) {
        bad.add(path, number, result.message);
        continue;
      }
      const { conversationId, eventId } = result.event;
      const events = conversations.get(conversationId) ?? new Map<string, ConversationEvent>();
      conversations.set(conversationId, events);
      if (!events.has(eventId)) events.set(eventId, result.event);
    }
  }
  return conversations;
}

function summaryOf(conversations: Conversations, segments: readonly Segment[]): string {
  let eventCount = 0;
  for (const events of conversations.values()) eventCount += events.size;
  const lines = [
    ["events", eventCount],
    ["conversations", conversations.size],
    ["closed segments", segments.length],
    ...START_REASONS.map((reason) => [`started by ${reason}`, segments.filter((segment) => segment.startReason === reason).length]),
    ...END_REASONS.map((reason) => [`ended by ${reason}`, segments.filter((segment) => segment.endReason === reason).length]),
  ];
  return lines.map(([name, count]) => `${String(name).padEnd(32)} ${String(count).padStart(9)}\n`).join("");
}
