import { once } from "node:events";
import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { text } from "node:stream/consumers";

export interface AskOptions {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export interface Asked {
  readonly status: number;
  readonly text: string;
}

const http = { agent: new HttpAgent({ keepAlive: true }), request: requestHttp };
/** Whatever name its certificate has: it is the gateway that this process has started, on this machine. */
const https = { agent: new HttpsAgent({ keepAlive: true, rejectUnauthorized: false }), request: requestHttps };

/** @throws Error if there is no answer */
export async function ask(url: string, { method = "GET", headers = {}, body, signal }: AskOptions = {}): Promise<Asked> {
  const { agent, request } = url.startsWith("https:") ? https : http;
  const sent = request(url, { method, headers, agent, ...(signal && { signal }) });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return { status: response.statusCode!, text: await text(response) };
}
