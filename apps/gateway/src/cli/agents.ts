import { readFile } from "node:fs/promises";
import { FileError } from "./event-file.ts";
import { authorizationOf, causeOf, problemText, urlOf } from "./gateway-request.ts";
import { PostError, type Destination } from "./post-events.ts";

export interface AgentsOptions extends Destination {
  /** A file with the whole directory, to be put in the place of the old one. */
  readonly put: string | undefined;
  readonly unknown: boolean;
}

/**
 * Prints the directory of an account, one agent a line, or who has segments and is not in it; or replaces it.
 *
 * @throws FileError, PostError
 */
export async function agents(options: AgentsOptions): Promise<void> {
  if (options.put !== undefined) await putAgents(options, options.put);
  else for (const agent of await askAgents(options, options.unknown ? "agents/unknown" : "agents")) process.stdout.write(lineOf(agent));
}

/** @throws PostError */
export async function askAgents(destination: Destination, what: "agents" | "agents/unknown"): Promise<readonly unknown[]> {
  const answer = await ask(destination, what, { method: "GET" });
  const value: unknown = await answer.json().catch(() => null);
  if (Array.isArray(value)) return value;
  throw new PostError(`what answered ${answer.status} is no gateway`);
}

async function putAgents(destination: Destination, path: string): Promise<void> {
  let body: string;
  try {
    body = await readFile(path, "utf8");
  } catch (error) {
    throw new FileError((error as Error).message, { cause: error });
  }
  await ask(destination, "agents", { method: "PUT", headers: { "content-type": "application/json" }, body });
}

async function ask({ url, accountId, token }: Destination, what: string, init: RequestInit): Promise<Response> {
  const path = urlOf(url, `/v1/accounts/${encodeURIComponent(accountId)}/${what}`);
  const headers = { ...(init.headers as Record<string, string> | undefined), ...authorizationOf(token) };
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, headers });
  } catch (error) {
    throw new PostError(`no gateway answers at ${path} (${causeOf(error)}); start one with: npm run serve`, { cause: error });
  }
  if (answer.ok) return answer;
  throw new PostError(`the gateway answered ${answer.status}: ${problemText(await answer.text())}`);
}

function lineOf(agent: unknown): string {
  return `${typeof agent === "string" ? agent : JSON.stringify(agent)}\n`;
}
