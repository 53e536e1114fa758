export { AgentDirectory, parseAgents, type AgentEntry } from "./agent-directory.ts";
export type { Translation } from "./fact.ts";
export { toHistoryEvents } from "./history.ts";
export { parseNotification, type ConversationNotice, type Notices } from "./notification.ts";
export { toKept } from "./kept.ts";
export type { Snapshot } from "./snapshot.ts";
export { Timelines, type Addition, type Kept } from "./timelines.ts";
