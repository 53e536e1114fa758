import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig, startGateway, type Config, type Gateway } from "../src/index.ts";

export interface TestGateway extends Gateway, TestAsker {
  readonly config: Config;
  /** Asks with a credential. */
  readonly as: (credential: string) => TestAsker;
}

export interface TestAsker {
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<TestAnswer>;
  readonly post: (path: string, body: unknown, type?: string) => Promise<TestAnswer>;
  readonly postEvents: (accountId: string, events: readonly unknown[]) => Promise<TestAnswer>;
  readonly graphql: (query: string, variables?: Readonly<Record<string, unknown>>) => Promise<TestAnswer>;
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- each test knows what it asked for
  readonly body: any;
}

export interface TestGatewayOptions extends Partial<Config> {
  readonly now?: () => number;
  readonly dashboardFolder?: string;
  readonly imageEventsMin?: number;
}

/** A folder of its own for one test; gone when the test lets go of it. */
export async function createTestFolder(): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "segmeter-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A gateway in this process, on a port and in a folder of its own unless one is given. */
export async function startTestGateway({
  now = Date.now,
  dashboardFolder = "",
  imageEventsMin = Infinity,
  ...settings
}: TestGatewayOptions = {}): Promise<TestGateway> {
  const folder = settings.dataDir === undefined ? await createTestFolder() : null;
  const config: Config = { ...readConfig({ PORT: "0", LOG_LEVEL: "silent" }), dataDir: folder?.path ?? "", ...settings };
  const gateway = await startGateway({ config, now, dashboardFolder, imageEventsMin });
  await gateway.ready;
  return {
    ...gateway,
    ...createAsker(gateway.url, {}),
    config,
    as: (credential) => createAsker(gateway.url, { authorization: `Bearer ${credential}` }),
    close: async () => {
      await gateway.close();
      await folder?.remove();
    },
  };
}

/** Asks a gateway, wherever it runs. */
export function createAsker(url: string, caller: Readonly<Record<string, string>>): TestAsker {
  const post: TestAsker["post"] = (path, body, type = "application/json") =>
    send(url + path, { method: "POST", headers: { ...caller, "content-type": type }, body: toBody(body) });
  return {
    get: (path, headers = {}) => send(url + path, { headers: { ...caller, ...headers } }),
    post,
    postEvents: (accountId, events) => post(`/v1/accounts/${accountId}/events`, events),
    graphql: (query, variables = {}) => post("/graphql", { query, variables }),
  };
}

function toBody(body: unknown): string | Uint8Array<ArrayBuffer> {
  return typeof body === "string" || body instanceof Uint8Array ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body);
}

async function send(url: string, init: RequestInit): Promise<TestAnswer> {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text === "" ? null : JSON.parse(text) };
}
