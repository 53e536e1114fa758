import { writeSync } from "node:fs";
import { StorageError } from "../../src/index.ts";
import { openSqliteLog } from "../../src/sqlite/index.ts";
import { messages } from "../messages.ts";

// Appends batches to the log in a folder, goes on where the log ends, says of each batch that it is stored by how many
// events that makes, and dies without closing anything. Or says why the log does not open.
//
//     node writer.ts <folder> <batches, or Infinity> <events a batch>

const [folder = "", batchCount, batchEvents] = process.argv.slice(2);

try {
  const log = await openSqliteLog({ folder });
  let { position } = await log.size();
  for (let batchIndex = 0; batchIndex < Number(batchCount); batchIndex++) {
    const end = position + Number(batchEvents);
    await log.append([{ accountId: "x", events: messages(position, end) }]);
    position = end;
    say(String(position));
  }
} catch (error) {
  if (!(error instanceof StorageError)) throw error;
  say(error.fault);
}
process.kill(process.pid, "SIGKILL");

function say(line: string): void {
  writeSync(1, `${line}\n`);
}
