import { readFileSync } from "node:fs";
import { ApolloServer } from "@apollo/server";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import Fastify, { type FastifyInstance, type FastifyPluginCallback } from "fastify";
import { requirePeer } from "./peers.ts";

// Servers that have nothing to compute: what a door costs by itself.

/** What a GraphQL server is to answer E2 with. */
export interface ReadyAgents {
  readonly agents: readonly { readonly id: string; readonly metrics: Readonly<Record<string, number | null>> }[];
}

interface Listening {
  readonly url: string;
  readonly close: () => Promise<unknown>;
}

/** A bare Fastify: `/object` puts a ready-made object into words, `/bytes` sends ready-made ones. */
export async function serveBare(object: unknown, text: string): Promise<Listening> {
  const app = Fastify();
  const bytes = Buffer.from(text);
  app.get("/object", (_request, reply) => reply.type("application/json; charset=utf-8").send(JSON.stringify(object)));
  app.get("/bytes", (_request, reply) => reply.type("application/json; charset=utf-8").send(bytes));
  return listening(app);
}

/** Apollo Server with the executor it comes with. */
export async function serveApollo(ready: ReadyAgents): Promise<Listening> {
  const app = Fastify();
  const apollo = new ApolloServer({ typeDefs: readSchema(), resolvers: resolversOf(ready), stopOnTerminationSignals: false });
  await apollo.start();
  app.route({ method: ["GET", "POST"], url: "/graphql", handler: fastifyApolloHandler(apollo) });
  app.addHook("onClose", () => apollo.stop());
  return listening(app);
}

/** Mercurius, which compiles a query when it comes the second time. */
export async function serveMercurius(ready: ReadyAgents): Promise<Listening> {
  const app = (requirePeer("fastify") as typeof Fastify)();
  const mercurius = requirePeer("mercurius") as FastifyPluginCallback<{ schema: string; resolvers: object; jit: number }>;
  await app.register(mercurius, { schema: readSchema(), resolvers: resolversOf(ready), jit: 1 });
  return listening(app);
}

function resolversOf(ready: ReadyAgents): { readonly Query: { readonly account: () => unknown } } {
  const account = { agentSegments: ready };
  return { Query: { account: () => account } };
}

function readSchema(): string {
  return readFileSync(new URL("../packages/schema/schema.graphql", import.meta.url), "utf8");
}

async function listening(app: FastifyInstance): Promise<Listening> {
  return { url: await app.listen({ port: 0, host: "127.0.0.1" }), close: () => app.close() };
}
