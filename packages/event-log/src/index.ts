export { StorageError } from "./event-log.ts";
export type { AppendedBatch, ConversationHistory, EventBatch, EventLog, LogFault, LogSize } from "./event-log.ts";
