export { StorageError } from "./event-log.ts";
export type { AppendedBatch, ConversationHistory, EventBatch, EventLog, Follower, LogFault, LogSize, Stored } from "./event-log.ts";
