import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { NatsServers, type NatsServersOptions } from "@segmeter/nats-servers";
import { GOLDEN_CASES, GOLDEN_WINDOW } from "@segmeter/testkit";
import { expect } from "vitest";
import { restDoor } from "../doors.ts";
import { ACCOUNT, totalOf } from "../faults/load.ts";
import { spawnGateway, type GatewayProcess } from "../gateway-process.ts";
import { createAsker, createTestFolder } from "../test-gateway.ts";
import { ClusterLoad } from "./cluster-load.ts";
import { expectEqualAnswers, questionsAbout } from "./comparing.ts";
import { comeAgain } from "./patience.ts";

type Folder = Awaited<ReturnType<typeof createTestFolder>>;

const STREAM = "segmeter";
const NODES = 3;
const LOOK_EVERY_MS = 100;
const HOUR_MS = 3_600_000;
const CONTRACT = new URL("../../../../../shared/contract/check.mjs", import.meta.url).pathname;

/** Three nats-servers and three gateways, each a process of its own, and load on all of them. */
export class TestCluster {
  readonly servers: NatsServers;
  readonly load: ClusterLoad;
  readonly #folder: Folder;
  readonly #gateways: GatewayProcess[] = [];
  readonly #ports: (string | undefined)[] = [];
  readonly #questions: readonly string[];
  #checkCount = 0;

  private constructor(folder: Folder, servers: NatsServers) {
    this.#folder = folder;
    this.servers = servers;
    const atMs = Date.now() - 3_600_000;
    this.load = new ClusterLoad(atMs);
    this.#questions = questionsAbout(ACCOUNT, atMs + 60_000);
  }

  static async start(options: Omit<NatsServersOptions, "count" | "folder"> = {}): Promise<TestCluster> {
    const folder = await createTestFolder();
    const servers = await NatsServers.start({ count: 3, folder: folder.path, ...options });
    const cluster = new TestCluster(folder, servers);
    try {
      await Promise.all(Array.from({ length: NODES }, (_, i) => cluster.startGateway(i)));
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  get urls(): string[] {
    return this.#gateways.map(({ url }) => url);
  }

  get question(): string {
    return this.#questions[0]!;
  }

  /** Starts the gateway of an index, where it was before if it was, and waits until it is ready. */
  async startGateway(index: number): Promise<void> {
    const gateway = await spawnGateway({
      NATS_URL: this.servers.urls.join(),
      NATS_STREAM: STREAM,
      DATA_DIR: join(this.#folder.path, `gateway-${index}`),
      LOG_LEVEL: "info",
      ACCESS: "open",
      ...(this.#ports[index] !== undefined && { PORT: this.#ports[index] }),
    });
    this.#gateways[index] = gateway;
    this.#ports[index] = new URL(gateway.url).port;
  }

  killGateway(index: number): Promise<void> {
    return this.#gateways[index]!.kill();
  }

  /** @returns the index of the server that leads the stream, once there is one, and of one that follows */
  async leaderAndFollower(): Promise<{ readonly leader: number; readonly follower: number }> {
    const connection = await connect({ servers: this.servers.urls.map((url) => url.replace("nats://", "")) });
    try {
      const { streams } = await jetstreamManager(connection, { checkAPI: false });
      for (;;) {
        const info = await streams.info(STREAM).catch(() => null);
        const leader = this.servers.list.findIndex(({ name }) => name === info?.cluster?.leader);
        if (leader !== -1) return { leader, follower: (leader + 1) % this.servers.list.length };
        await delay(LOOK_EVERY_MS);
      }
    } finally {
      await connection.close();
    }
  }

  /** Nothing is lost, nothing counts twice, and all nodes are one. */
  async expectWhole(): Promise<void> {
    const { position, segmentCount } = this.load;
    await expectEqualAnswers(this.urls, this.#questions, position);
    for (const url of this.urls) expect(await totalOf(url), url).toBe(segmentCount);
    await this.#expectGolden();
  }

  /**
   * The contract's cases, where they are at hand, on a node. A server that has come back may still set off an election, and the
   * check takes a 503 for an answer, where clients come again: so it is run again.
   */
  async expectContract(index: number): Promise<void> {
    if (!existsSync(CONTRACT)) return;
    const { exitCode, said } = await comeAgain(() => checkContract(this.urls[index]!));
    expect(exitCode, said).toBe(0);
    expect(said).toMatch(/^\d+ passed, 0 failed\n$/);
  }

  async close(): Promise<void> {
    await Promise.all(this.#gateways.map((gateway) => gateway.kill()));
    await this.servers.close();
    await this.#folder.remove();
  }

  /** Golden cases, moved to now, through one node and asked of all. */
  async #expectGolden(): Promise<void> {
    const check = this.#checkCount++;
    const door = restDoor("GET");
    const shiftMs = Math.floor(Date.now() / HOUR_MS - 3) * HOUR_MS - Math.floor(GOLDEN_WINDOW.endMs / HOUR_MS) * HOUR_MS;
    for (const [i, { name, events, answers }] of GOLDEN_CASES.entries()) {
      const accountId = `golden_${check}_${i}`;
      const moved = events.map((event) => Object.assign({}, event, { at: event.at + shiftMs }));
      const poster = createAsker(this.urls[i % NODES]!, {});
      const { status, headers } = await comeAgain(() => poster.postEvents(accountId, moved));
      expect(status, name).toBe(200);
      const position = headers.get("segmeter-position")!;
      await expectEqualAnswers(this.urls, questionsAbout(accountId, GOLDEN_WINDOW.endMs + shiftMs), Number(position));
      const asked = answers.filter((answer) => door.canAsk(answer.query) && answer.query.grouping[0] !== "interval").slice(0, 2);
      for (const url of this.urls) {
        const asker = createAsker(url, { "segmeter-position": position });
        for (const { query, cells } of asked) {
          const window = { startMs: query.window.startMs + shiftMs, endMs: query.window.endMs + shiftMs };
          expect(await door.ask(asker, accountId, [{ ...query, window }]), name).toEqual([cells]);
        }
      }
    }
  }
}

/** @returns the exit status, what it printed, and 503 if that tells of one */
async function checkContract(url: string): Promise<{ readonly status: number; readonly exitCode: number | null; readonly said: string }> {
  const check = spawn(process.execPath, [CONTRACT, url], { stdio: ["ignore", "pipe", "ignore"] });
  let said = "";
  check.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await once(check, "close");
  return { status: /got +503/.test(said) ? 503 : 200, exitCode: check.exitCode, said };
}
