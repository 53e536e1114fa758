import { readFile } from "node:fs/promises";

/** What a process has used so far; Linux tells. */
export interface ProcessUsage {
  readonly rssMib: number;
  readonly peakRssMib: number;
  /** Of all its threads. */
  readonly cpuMs: number;
}

/** Of the kernel's ticks, on every Linux that Node runs on. */
const TICK_MS = 10;

export async function usageOf(pid: number): Promise<ProcessUsage> {
  const [status, stat] = await Promise.all([readFile(`/proc/${pid}/status`, "utf8"), readFile(`/proc/${pid}/stat`, "utf8")]);
  // One that has just ended has no memory any more.
  const mib = (name: string): number => Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1024);
  // Behind the name, which may hold anything: state is the third field, user and system time the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { rssMib: mib("VmRSS"), peakRssMib: mib("VmHWM"), cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS };
}
