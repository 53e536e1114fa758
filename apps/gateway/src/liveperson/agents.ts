import { accountIdFault, type Engine } from "@segmeter/engine";
import { parseAgents, type AgentEntry } from "@segmeter/liveperson";
import type { FastifyInstance } from "fastify";
import { requireScope } from "../access/guard.ts";
import { HttpProblem, refuseOtherMethods } from "../http/problem.ts";
import type { AgentDirectories } from "./agent-directories.ts";

export const AGENTS_PATH = "/v1/accounts/:accountId/agents";
export const UNKNOWN_PATH = `${AGENTS_PATH}/unknown`;
const BODY_BYTES_MAX = 16 * 1024 * 1024;
const CAUSES_MAX = 100;

interface AccountParams {
  readonly Params: { readonly accountId: string };
}

/**
 * The directory of an account's users, for whoever feeds it: `PUT` and `GET /v1/accounts/{accountId}/agents`, and under
 * `/unknown` the agents that have closed segments and are not in it.
 */
export function addAgents(app: FastifyInstance, directories: AgentDirectories, engine: Engine): void {
  const onRequest = requireScope("ingest");
  app.put<AccountParams & { Body: unknown }>(AGENTS_PATH, { bodyLimit: BODY_BYTES_MAX, onRequest }, async (request, reply) => {
    const accountId = accountOf(request.params);
    const { entries, faults } = parseAgents(request.body);
    if (faults.length > 0) throw new HttpProblem(400, "wrong directory; none of it was taken", faults.slice(0, CAUSES_MAX));
    await directories.put(accountId, entries);
    return reply.code(204).send();
  });
  app.get<AccountParams>(AGENTS_PATH, { onRequest }, async (request): Promise<readonly AgentEntry[]> => {
    return directories.of(accountOf(request.params)).entries;
  });
  app.get<AccountParams>(UNKNOWN_PATH, { onRequest }, async (request): Promise<readonly string[]> => {
    const accountId = accountOf(request.params);
    const directory = directories.of(accountId);
    return engine.filterValues(accountId).agentIds.filter((id) => directory.find([id]) === null);
  });
  refuseOtherMethods(app, AGENTS_PATH, ["PUT", "GET"]);
  refuseOtherMethods(app, UNKNOWN_PATH, ["GET"]);
}

function accountOf({ accountId }: { readonly accountId: string }): string {
  const fault = accountIdFault(accountId);
  if (fault !== null) throw new HttpProblem(400, "wrong account", [`accountId: ${fault}`]);
  return accountId;
}
