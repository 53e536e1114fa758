import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine } from "@segmeter/engine";
import { defaultHelperCount, startHelpers } from "@segmeter/engine-threads";
import { ClientProcess } from "./client-process.ts";
import { openClickHouse } from "./clickhouse.ts";
import type { Database } from "./database.ts";
import { dropEngine, engineOf } from "./dataset.ts";
import { openDuckDb } from "./duckdb.ts";
import { serve, type Served } from "./served.ts";
import { writeSegmentTable } from "./segment-table.ts";

export interface StageOptions {
  /** Closed segments in the day. */
  readonly segmentCount: number;
  /** Times each work is timed, at least. */
  readonly rounds: number;
  /** For quick work: timed more often, until this much time has gone. */
  readonly budgetMs: number;
  readonly withPeers: boolean;
  /** Told what is being done now. */
  readonly tell: (message: string) => void;
}

/** What benchmarks stand on: made when one first asks for it, and shared by those after it. */
export class Stage {
  readonly segmentCount: number;
  readonly rounds: number;
  readonly budgetMs: number;
  readonly withPeers: boolean;
  readonly tell: (message: string) => void;
  readonly #closing: (() => unknown)[] = [];
  #databases: Promise<readonly Database[]> | undefined;
  #served: Promise<Served> | undefined;
  #isHelped = false;

  constructor({ segmentCount, rounds, budgetMs, withPeers, tell }: StageOptions) {
    this.segmentCount = segmentCount;
    this.rounds = rounds;
    this.budgetMs = budgetMs;
    this.withPeers = withPeers;
    this.tell = tell;
  }

  /** @param times as many segments as the day has */
  engine(times = 1): Engine {
    if (!this.#isHelped) this.#startHelpers();
    return engineOf(this.segmentCount * times, this.tell);
  }

  dropEngine(times = 1): void {
    dropEngine(this.segmentCount * times);
  }

  /** The peers that hold the same segments; none where their packages are not there. */
  databases(): Promise<readonly Database[]> {
    return (this.#databases ??= this.withPeers ? this.#openDatabases() : Promise.resolve([]));
  }

  /** The gateway with a log of the day's events. */
  served(): Promise<Served> {
    return (this.#served ??= this.#serve());
  }

  /** A process that asks. */
  client(): ClientProcess {
    const client = new ClientProcess();
    this.#closing.push(() => client.close());
    return client;
  }

  async folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), "segmeter-bench-"));
    this.#closing.push(() => rm(path, { recursive: true, force: true }));
    return path;
  }

  /** Runs at the end, the last one added first. */
  onClose(close: () => unknown): void {
    this.#closing.push(close);
  }

  async close(): Promise<void> {
    for (let close = this.#closing.pop(); close; close = this.#closing.pop()) await close();
  }

  /** As many as the gateway has. */
  #startHelpers(): void {
    const helpers = startHelpers({ helperCount: defaultHelperCount(), onLost: (error) => this.tell(error.message) });
    this.onClose(helpers.close);
    this.#isHelped = true;
  }

  async #openDatabases(): Promise<readonly Database[]> {
    const table = await writeSegmentTable(this.engine(), join(await this.folder(), "segments.tsv"));
    this.tell(`loading ${table.rowCount} segments into DuckDB and ClickHouse`);
    const databases = [await openDuckDb(table), await openClickHouse(table)];
    for (const database of databases) this.onClose(database.close);
    return databases;
  }

  async #serve(): Promise<Served> {
    const served = await serve(await this.folder(), await this.folder(), this.segmentCount, this.tell);
    this.onClose(served.close);
    return served;
  }
}
