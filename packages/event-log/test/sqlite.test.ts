import { openSqliteLog } from "../src/sqlite/index.ts";
import { describeEventLog } from "./event-log-suite.ts";

describeEventLog("the log in SQLite", (folder) => openSqliteLog({ folder }));
