import { setTimeout as delay } from "node:timers/promises";
import { createRandom, type Random } from "@segmeter/testkit";
import { runCli } from "../cli-process.ts";
import { spawnGateway, type GatewayProcess } from "../gateway-process.ts";
import { Book } from "./book.ts";
import { Feed } from "./feed.ts";
import { GatewayWatch } from "./gateway-watch.ts";
import { paceOf } from "./pace.ts";
import { Subscribers } from "./subscribers.ts";
import { Tally } from "./tally.ts";
import { askGraphql, askRest, sendBatches, type Place, type SendCounts } from "./workers.ts";

const ACCOUNTS = 6;
/** Of each kind. */
const ASKERS = 2;
/** A subscription that is told nothing for so long is broken: even if nothing changes it is told that it lives, every ten seconds. */
const SILENT_MS = 25_000;
const LOOK_EVERY_MS = 500;
const TELL_EVERY_MS = 10_000;
/** What one credential may ask is not what is measured here. */
const ENVIRONMENT = { LOG_LEVEL: "info", ACCESS: "required", RATE_LIMIT: "1000000" };

/** How many a second. */
export interface Rates {
  readonly batches: number;
  readonly rest: number;
  readonly graphql: number;
}

export interface Stretch {
  readonly durationMs: number;
  /** null: everybody asks without a pause. */
  readonly rates: Rates | null;
  /** When the gateway is killed, from the beginning. */
  readonly killsAtMs: readonly number[];
}

/** What is counted during a stretch. */
interface Load {
  readonly ingest: Tally;
  readonly rest: Tally;
  readonly graphql: Tally;
  readonly sends: SendCounts;
  readonly pushed: Subscribers;
  readonly watch: GatewayWatch;
  readonly recoveriesMs: number[];
  silentCount: number;
}

/** What one stretch of load came to. */
export interface LoadReport {
  readonly durationMs: number;
  readonly ingest: Tally;
  readonly rest: Tally;
  readonly graphql: Tally;
  readonly sends: SendCounts;
  readonly pushed: { readonly heldCount: number; readonly answeredCount: number; readonly silentCount: number };
  /** From each kill until the gateway was ready again. */
  readonly recoveriesMs: readonly number[];
  readonly peakRssMib: number;
  readonly stallMsMax: number;
  /** That it used, on average. */
  readonly cores: number;
}

export interface RunOptions {
  readonly dataDir: string;
  readonly seed: number;
  readonly subscriptionCount: number;
  /** That the feeds hold at least, all together. */
  readonly eventCountMin: number;
  readonly tell: (text: string) => void;
}

interface Account {
  readonly accountId: string;
  readonly feed: Feed;
  readonly random: Random;
}

/** A gateway on one folder and port, through all its lives, and those who load it. */
export class Run {
  readonly book = new Book();
  readonly adminToken: string;
  readonly #options: RunOptions;
  readonly #tokens: { readonly ingest: string; readonly read: string };
  readonly #accounts: readonly Account[];
  #gateway: GatewayProcess;
  #readyAtMs = performance.now();

  private constructor(options: RunOptions, gateway: GatewayProcess, [ingest, read, adminToken]: readonly string[]) {
    const { seed, eventCountMin } = options;
    this.#options = options;
    this.#gateway = gateway;
    this.#tokens = { ingest: ingest!, read: read! };
    this.adminToken = adminToken!;
    const beginMs = Date.now();
    this.#accounts = Array.from({ length: ACCOUNTS }, (_, i) => ({
      accountId: `soak_${i}`,
      feed: new Feed({ seed: seed * ACCOUNTS + i, random: createRandom(seed, 1, i), beginMs, eventCountMin: eventCountMin / ACCOUNTS }),
      random: createRandom(seed, 2, i),
    }));
  }

  static async begin(options: RunOptions): Promise<Run> {
    const { dataDir } = options;
    const tokens = [await createKey(dataDir, ["ingest"]), await createKey(dataDir, ["read"]), await createKey(dataDir, ["read", "admin"])];
    return new Run(options, await spawnGateway({ ...ENVIRONMENT, DATA_DIR: dataDir }), tokens);
  }

  get url(): string {
    return this.#gateway.url;
  }

  async stop(): Promise<void> {
    const exitCode = await this.#gateway.stop();
    if (exitCode !== 0) throw new Error(`the gateway ended with ${exitCode} when it was told to stop`);
  }

  kill(): Promise<void> {
    return this.#gateway.kill();
  }

  /** Loads the gateway for a while; returns once all that was sent is acknowledged. */
  async load(name: string, { durationMs, rates, killsAtMs }: Stretch): Promise<LoadReport> {
    const [ingest, rest, graphql] = [new Tally(), new Tally(), new Tally()];
    const sends: SendCounts = { recoveredCount: 0, foundCount: 0, repeatedCount: 0 };
    const pushed = new Subscribers(this.#place("read"), this.#accounts, this.#options.subscriptionCount);
    const watch = new GatewayWatch();
    const load: Load = { ingest, rest, graphql, sends, pushed, watch, recoveriesMs: [], silentCount: 0 };
    await watch.begin(this.#gateway);
    const stopping = new AbortController();
    const { signal } = stopping;
    const beginMs = performance.now();
    const everybody = [
      ...this.#send(load, rates, signal),
      ...this.#ask(load, rates, signal),
      pushed.run(signal),
      this.#look(load, (text) => `${name}: ${text} of ${Math.round(durationMs / 1_000)} s`, signal),
    ];
    const killing = this.#killAt(killsAtMs, beginMs, load, signal);
    // The first that fails ends it, and where the machine is slow the last kill may come late.
    const failing = Promise.all([...everybody, killing]);
    await Promise.race([Promise.all([delay(durationMs, undefined, { signal }), killing]), failing]).finally(() => stopping.abort());
    await failing;
    await watch.end(this.#gateway);
    load.silentCount += this.#silentOf(pushed);
    const passedMs = performance.now() - beginMs;
    return {
      durationMs: passedMs,
      ingest,
      rest,
      graphql,
      sends,
      pushed: { heldCount: pushed.count, answeredCount: pushed.answeredCount, silentCount: load.silentCount },
      recoveriesMs: load.recoveriesMs,
      peakRssMib: watch.peakRssMib,
      stallMsMax: watch.stallMsMax,
      cores: watch.cpuMs / passedMs,
    };
  }

  #send({ ingest, sends }: Load, rates: Rates | null, signal: AbortSignal): Promise<void>[] {
    const sender = { place: this.#place("ingest"), tally: ingest, counts: sends, book: this.book };
    return this.#accounts.map((account) =>
      sendBatches({ ...sender, ...account, pace: paceOf(rates?.batches, ACCOUNTS, { catchesUp: true }) }, signal),
    );
  }

  #ask({ rest, graphql }: Load, rates: Rates | null, signal: AbortSignal): Promise<void>[] {
    return Array.from({ length: ASKERS }, (_, i) => {
      const asker = { place: this.#place("read"), accounts: this.#accounts, random: createRandom(this.#options.seed, 3, i) };
      return [
        askRest({ ...asker, tally: rest, pace: paceOf(rates?.rest, ASKERS, { catchesUp: false }) }, signal),
        askGraphql({ ...asker, tally: graphql, pace: paceOf(rates?.graphql, ASKERS, { catchesUp: false }) }, signal),
      ];
    }).flat();
  }

  /** Looks at the gateway, and tells now and then how far it all is. */
  async #look(
    { rest, graphql, pushed, watch, recoveriesMs }: Load,
    toText: (passedS: number) => string,
    signal: AbortSignal,
  ): Promise<void> {
    const beginMs = performance.now();
    for (let toldAtMs = beginMs; !signal.aborted;) {
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
      // It may be killed meanwhile.
      await watch.look(this.#gateway).catch(() => undefined);
      if (performance.now() - toldAtMs < TELL_EVERY_MS) continue;
      toldAtMs += TELL_EVERY_MS;
      const counts = `${this.book.eventCount} events acknowledged, ${rest.answered} REST, ${graphql.answered} GraphQL, ${pushed.answeredCount} pushed`;
      this.#options.tell(
        `${toText(Math.round((performance.now() - beginMs) / 1_000))}: ${counts}, ${recoveriesMs.length} kills, ${watch.peakRssMib} MiB`,
      );
    }
  }

  async #killAt(momentsMs: readonly number[], beginMs: number, load: Load, signal: AbortSignal): Promise<void> {
    const { port } = new URL(this.url);
    for (const atMs of momentsMs) {
      await delay(Math.max(0, beginMs + atMs - performance.now()), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await load.watch.end(this.#gateway);
      load.silentCount += this.#silentOf(load.pushed);
      const killedAtMs = performance.now();
      await this.#gateway.kill();
      this.#gateway = await spawnGateway({ ...ENVIRONMENT, DATA_DIR: this.#options.dataDir, PORT: port });
      this.#readyAtMs = performance.now();
      load.recoveriesMs.push(this.#readyAtMs - killedAtMs);
      // How it starts is no stall of what it serves.
      await this.#gateway.stalls();
    }
  }

  #place(scope: "ingest" | "read"): Place {
    return { url: this.url, token: this.#tokens[scope] };
  }

  /** Of a life that was too short to tell, none. */
  #silentOf(subscribers: Subscribers): number {
    const sinceMs = performance.now() - SILENT_MS;
    return sinceMs < this.#readyAtMs ? 0 : subscribers.silentSince(sinceMs);
  }
}

async function createKey(dataDir: string, scopes: readonly string[]): Promise<string> {
  const name = ["--name", `soak ${scopes.join(" ")}`];
  const { stdout, stderr } = await runCli(["keys", "create", ...name, "--all-accounts", "--scope", ...scopes, "--data-dir", dataDir]);
  if (stdout === "") throw new Error(`no key could be made: ${stderr}`);
  return stdout.trim();
}
