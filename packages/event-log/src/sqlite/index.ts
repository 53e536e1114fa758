export { openSqliteFile } from "./open.ts";
export { openSqliteLog, type SqliteLogOptions } from "./threaded-log.ts";
