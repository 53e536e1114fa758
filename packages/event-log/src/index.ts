export { StorageError } from "./event-log.ts";
export type {
  AppendedBatch,
  ConversationHistory,
  Cursor,
  EventBatch,
  EventLog,
  Follower,
  LogChanges,
  LogFault,
  LogMark,
  LogSize,
  Stored,
} from "./event-log.ts";
