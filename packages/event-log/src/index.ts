export { StorageError } from "./event-log.ts";
export type { AppendedBatch, ConversationHistory, Cursor, EventBatch, EventLog, Follower, LogFault, LogSize, Stored } from "./event-log.ts";
