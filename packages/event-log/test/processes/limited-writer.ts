import { execFileSync } from "node:child_process";
import { writeSync } from "node:fs";
import { StorageError } from "../../src/index.ts";
import { openSqliteLog } from "../../src/sqlite/index.ts";
import { messages } from "../messages.ts";

// Appends more than its files may hold, then is given room and appends the same again. Says what came of it.
//
//     prlimit --fsize=<bytes>: node limited-writer.ts <folder> <command that gives the process of the next argument room>

const [folder = "", giveRoom = "", ...givingRoom] = process.argv.slice(2);

const log = await openSqliteLog({ folder });
await log.append([{ accountId: "x", events: messages(0, 100, 10) }]);

const tooMuch = [{ accountId: "x", events: messages(50, 50_000, 1_000) }];
await log.append(tooMuch).catch((error: unknown) => say({ failed: error instanceof StorageError ? error.fault : String(error) }));
say({ size: await log.size() });

const [little] = await log.append([{ accountId: "x", events: messages(100, 120, 1_000) }]);
say({ littleNewConversations: little?.newConversationKeys.size, littlePositions: little?.positions.slice(0, 2) });

execFileSync(giveRoom, [...givingRoom, String(process.pid)]);
const [again] = await log.append(tooMuch);
say({ againNewConversations: again?.newConversationKeys.size, size: await log.size() });
await log.close();

function say(outcome: object): void {
  writeSync(1, `${JSON.stringify(outcome)}\n`);
}
