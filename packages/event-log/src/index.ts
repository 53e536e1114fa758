export { StorageError } from "./event-log.ts";
export type { AppendedBatch, ConversationHistory, EventBatch, EventLog, LogFault } from "./event-log.ts";
