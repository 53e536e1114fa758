import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { refuseOtherMethods } from "./problem.ts";

/** Where its build lies, beside this app. */
export const DASHBOARD_FOLDER = fileURLToPath(new URL("../dashboard/dist", import.meta.resolve("@segmeter/gateway/package.json")));

/** The addresses of its views; what they show is in the rest of the address, and read by the page itself. */
const VIEWS = ["/", "/accounts/:accountId", "/accounts/:accountId/agents/:agentId"];

const NOT_BUILT = `Segmeter answers here. Its wallboard is not built: "npm run build" builds it, and the next start serves it.

GraphQL, to try by hand: /graphiql
REST, described: /openapi.json
`;

/** The wallboard: its page at every address of its views, and its assets, which are named by what is in them. */
export async function addDashboard(app: FastifyInstance, folder: string): Promise<void> {
  for (const url of VIEWS) refuseOtherMethods(app, url, ["GET"]);
  if (!existsSync(join(folder, "index.html"))) {
    app.get("/", async (_request, reply) => reply.type("text/plain; charset=utf-8").send(NOT_BUILT));
    return;
  }
  await app.register(fastifyStatic, { root: join(folder, "assets"), prefix: "/assets/", index: false, immutable: true, maxAge: "1y" });
  const page = { immutable: false, maxAge: 0 };
  for (const url of VIEWS) app.get(url, (_request, reply) => reply.sendFile("index.html", folder, page));
}
