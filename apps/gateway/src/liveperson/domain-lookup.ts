import { accountIdFault } from "@segmeter/engine";
import type { FastifyInstance } from "fastify";
import { HttpProblem, refuseOtherMethods } from "../http/problem.ts";

export const ONE_PATH = "/api/account/:accountId/service/:service/baseURI.json";
export const ALL_PATH = "/api/account/:accountId/service/baseURI.json";
/** The original's service that answers the metrics. */
export const SERVICE = "leDataReporting";

interface BaseUri {
  readonly service: string;
  readonly account: string;
  readonly baseURI: string;
}

/**
 * The lookup that the original's clients make first. Whoever asks for the metrics' service is sent here:
 *
 *     { "service": "leDataReporting", "account": "56072331", "baseURI": "metrics.example.com" }
 *
 * @param publicHost null: the host that was asked
 */
export function addDomainLookup(app: FastifyInstance, publicHost: string | null): void {
  const lookUp = (account: string, host: string): BaseUri => {
    const fault = accountIdFault(account);
    if (fault !== null) throw new HttpProblem(400, "wrong account", [`accountId: ${fault}`]);
    return { service: SERVICE, account, baseURI: publicHost ?? host };
  };
  app.get<{ Params: { accountId: string; service: string } }>(ONE_PATH, async ({ params, host }) => {
    const found = lookUp(params.accountId, host);
    if (params.service !== SERVICE) throw new HttpProblem(404, `no such service here: ${params.service}; ${SERVICE} is the only one`);
    return found;
  });
  app.get<{ Params: { accountId: string } }>(ALL_PATH, async ({ params, host }) => ({ baseURIs: [lookUp(params.accountId, host)] }));
  for (const path of [ONE_PATH, ALL_PATH]) refuseOtherMethods(app, path, ["GET"]);
}
