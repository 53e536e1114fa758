import type { GatewayProcess } from "../gateway-process.ts";
import { usageOf } from "../process-usage.ts";

/** What the lives of a gateway took of the machine, one after the other. */
export class GatewayWatch {
  peakRssMib = 0;
  /** The longest that the event loop worked at a stretch while requests were answered. */
  stallMsMax = 0;
  /** Of all threads; without what each life used after it was looked at last. */
  cpuMs = 0;
  #last: { readonly pid: number; readonly cpuMs: number } | null = null;

  /** What it has used until now does not count. */
  async begin({ child, stalls }: GatewayProcess): Promise<void> {
    await stalls();
    this.#last = { pid: child.pid!, cpuMs: (await usageOf(child.pid!)).cpuMs };
  }

  /** Now and then; it may end meanwhile. */
  async look({ child }: GatewayProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const { peakRssMib, cpuMs } = await usageOf(child.pid!);
    this.peakRssMib = Math.max(this.peakRssMib, peakRssMib);
    this.cpuMs += this.#last?.pid === child.pid ? cpuMs - this.#last!.cpuMs : cpuMs;
    this.#last = { pid: child.pid!, cpuMs };
  }

  /** Before it is killed or told to stop. */
  async end(gateway: GatewayProcess): Promise<void> {
    this.stallMsMax = Math.max(this.stallMsMax, (await gateway.stalls()).workedMs);
    await this.look(gateway);
  }
}
