export { AgentDirectory, parseAgents, type AgentEntry } from "./agent-directory.ts";
export type { Translation } from "./fact.ts";
export { toHistoryEvents } from "./history.ts";
export { parseNotification, type ConversationNotice, type Notices } from "./notification.ts";
export { isSnapshot, type Snapshot } from "./snapshot.ts";
export { Timelines } from "./timelines.ts";
