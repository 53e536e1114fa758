import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig, startGateway, type Gateway } from "@segmeter/gateway";

export interface Stage {
  readonly url: string;
  readonly dataDir: string;
  readonly post: (accountId: string, events: readonly object[]) => Promise<void>;
  /** The `agentSegments` of an account, or of a window that is named. */
  readonly ask: (accountId: string, args: string, selection: string) => Promise<unknown>;
  readonly stop: () => Promise<void>;
  /** On the port and with the data of before. */
  readonly startAgain: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const BATCH_EVENTS = 5000;

/** A gateway that serves a built page, with a port and a folder of its own. */
export async function startStage(dashboardFolder: string): Promise<Stage> {
  const dataDir = await mkdtemp(join(tmpdir(), "segmeter-stage-"));
  const start = async (port: number): Promise<Gateway> => {
    const config = readConfig({ PORT: String(port), HOST: "127.0.0.1", DATA_DIR: dataDir, LOG_LEVEL: "silent" });
    const started = await startGateway({ config, dashboardFolder });
    await started.ready;
    return started;
  };
  const remove = (): Promise<void> => rm(dataDir, { recursive: true, force: true });
  let gateway: Gateway | null = await start(0).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  const { url } = gateway;
  const stop = async (): Promise<void> => {
    await gateway?.close();
    gateway = null;
  };
  return {
    url,
    dataDir,
    post: async (accountId, events) => {
      for (let from = 0; from < events.length; from += BATCH_EVENTS) {
        const answer = await send(`${url}/v1/accounts/${accountId}/events`, events.slice(from, from + BATCH_EVENTS));
        const { rejected } = answer as { readonly rejected: readonly unknown[] };
        if (rejected.length > 0) throw new Error(`the gateway rejected ${JSON.stringify(rejected[0])}`);
      }
    },
    ask: async (accountId, args, selection) => {
      const query = `{ account(id: "${accountId}") { agentSegments(${args}) { ${selection} } } }`;
      const { data } = (await send(`${url}/graphql`, { query })) as {
        readonly data: { readonly account: { readonly agentSegments: unknown } };
      };
      return data.account.agentSegments;
    },
    stop,
    startAgain: async () => {
      gateway = await start(Number(new URL(url).port));
    },
    close: async () => {
      await stop();
      await remove();
    },
  };
}

async function send(url: string, body: unknown): Promise<unknown> {
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}
