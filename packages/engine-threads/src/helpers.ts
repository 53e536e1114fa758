import { once } from "node:events";
import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { Team, type TeamOptions } from "@segmeter/engine";

/** The entry of a helper lies beside this file, in the sources as in a bundle, where it is an entry too. */
const THREAD = new URL(`./helper-thread${extname(import.meta.url)}`, import.meta.url);
/** With more of them it is the memory that they wait for. */
const HELPERS_MAX = 7;

export interface HelpersOptions extends Omit<TeamOptions, "onWanted"> {
  /** Told when a helper has ended by itself: from then on the engine works alone, with the same answers. */
  readonly onLost?: (error: Error) => void;
}

export interface Helpers {
  /** Ends all of them, and waits until they have. */
  readonly close: () => Promise<void>;
}

/** As many as leave a processor to the main thread. */
export function defaultHelperCount(): number {
  return Math.min(availableParallelism() - 1, HELPERS_MAX);
}

/**
 * Gives every engine of this process threads that help with large answers. They are started with the first of these.
 *
 * @throws Error if there are some already
 */
export function startHelpers({ onLost, ...options }: HelpersOptions): Helpers {
  const workers: Worker[] = [];
  const exits: Promise<void>[] = [];
  let isOver = false;
  const giveUp = (error: Error): void => {
    if (isOver) return;
    isOver = true;
    team.close();
    for (const worker of workers) void worker.terminate();
    onLost?.(error);
  };
  const team = new Team({
    ...options,
    onWanted: () => {
      for (const seat of team.seats) {
        const worker = new Worker(THREAD, { name: "engine", execArgv: [], workerData: seat });
        worker.unref();
        workers.push(worker);
        exits.push(ended(worker).then(giveUp));
      }
      void Promise.all(exits).then(() => team.ended());
    },
  });
  return {
    close: async () => {
      isOver = true;
      team.close();
      for (const worker of workers) worker.ref();
      await Promise.all(exits);
    },
  };
}

/** @returns why, once it has */
async function ended(worker: Worker): Promise<Error> {
  try {
    await once(worker, "exit");
  } catch (error) {
    return new Error("a thread that helps the engine has failed", { cause: error });
  }
  return new Error("a thread that helps the engine has ended");
}
