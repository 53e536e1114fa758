export { SqliteCopy } from "./sqlite-copy.ts";
export { openSqliteFile, pathIn } from "./open.ts";
export { openSqliteLog, openSqliteReplica, type SqliteReplica, type SqliteLogOptions } from "./threaded-log.ts";
