import { isMainThread } from "node:worker_threads";

// Preloaded into a gateway's process (`--import`): says on request how long its event loop was held up at worst. What counts is
// the time that its own thread worked, not the time it waited for a processor that others had. And ends it when whoever started
// it is gone, however that ended: nothing stays behind.

const EVERY_MS = 5;

export interface Stalls {
  /** The longest that the loop did not come round, in wall time. */
  readonly wallMs: number;
  /** The longest of which it worked all the while. */
  readonly workedMs: number;
}

if (isMainThread && process.send) {
  let worst: Stalls = { wallMs: 0, workedMs: 0 };
  let [lastMs, lastWorkedMs] = [performance.now(), workedMs()];
  setInterval(() => {
    const [nowMs, nowWorkedMs] = [performance.now(), workedMs()];
    worst = { wallMs: Math.max(worst.wallMs, nowMs - lastMs), workedMs: Math.max(worst.workedMs, nowWorkedMs - lastWorkedMs) };
    [lastMs, lastWorkedMs] = [nowMs, nowWorkedMs];
  }, EVERY_MS).unref();
  process.on("message", () => {
    process.send!(worst);
    worst = { wallMs: 0, workedMs: 0 };
  });
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
}

function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
