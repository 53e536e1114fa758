import { writeSync } from "node:fs";
import { openSqliteLog } from "../../src/sqlite/index.ts";

// Opens the log in a folder, and says when it begins to and when it has.
//
//     node opener.ts <folder>

const [folder = ""] = process.argv.slice(2);

writeSync(1, "opening\n");
const log = await openSqliteLog({ folder });
writeSync(1, "open\n");
await log.close();
