import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { json } from "node:stream/consumers";
import { GraphQLSchema, parse, type ExecutionResult } from "graphql";
import { CloseCode } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import { onTestFinished } from "vitest";
import { WebSocketServer } from "ws";

/** @returns the URL of a server on loopback that answers as told, for one test */
export async function startServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return urlOf(server.address() as AddressInfo);
}

/**
 * @param answersTo what is streamed to who sends such an operation, before the connection breaks; or why it is told to come again
 * @returns the URL of a server of event streams, for one test
 */
export async function startAnswering(
  answersTo: (operation: { readonly extensions: { readonly position: number } }) => readonly object[] | Problem,
): Promise<string> {
  return startServer(async (request, response) => {
    const answers = answersTo((await json(request)) as Parameters<typeof answersTo>[0]);
    if ("message" in answers) return void response.writeHead(503, { "retry-after": "0" }).end(JSON.stringify(answers));
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const answer of answers) response.write(`event: next\ndata: ${JSON.stringify(answer)}\n\n`);
    return void response.write("", () => response.destroy());
  });
}

interface Problem {
  readonly message: string;
  readonly causes: readonly string[];
}

/** @returns a URL on loopback where nobody listens */
export async function freeUrl(): Promise<string> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = urlOf(server.address() as AddressInfo);
  server.close();
  await once(server, "close");
  return url;
}

/** @returns the URL of a GraphQL server that lets in whom `isWelcome`, and closes the connection as one not welcome when told to */
export async function startGuardedServer(
  isWelcome: (authorization: unknown) => boolean,
): Promise<{ readonly url: string; readonly turnOut: () => void }> {
  const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1", path: "/graphql" });
  await once(sockets, "listening");
  useServer(
    {
      onConnect: ({ connectionParams }) => isWelcome(connectionParams?.["authorization"]),
      onSubscribe: (_context, _id, { query }) => ({ schema: new GraphQLSchema({}), document: parse(query) }),
      subscribe: oneAnswer,
    },
    sockets,
  );
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  });
  return {
    url: urlOf(sockets.address() as AddressInfo),
    turnOut: () => {
      for (const socket of sockets.clients) socket.close(CloseCode.Forbidden, "the token has run out");
    },
  };
}

async function* oneAnswer(): AsyncGenerator<ExecutionResult> {
  yield { data: { agentSegments: { agents: [] } } };
  await new Promise(() => undefined);
}

export interface Cable {
  readonly url: string;
  /** Lets nothing through any more, in either direction, and tells neither end. */
  readonly cut: () => void;
  readonly mend: () => void;
  /** Breaks what is connected; whoever connects again comes to another server. */
  readonly leadTo: (target: string) => void;
  /** How many connections were ever made. */
  readonly connectionCount: () => number;
}

/** A way to a server that can go dead as a pulled cable does, or lead elsewhere as a load balancer. */
export async function startCable(firstTarget: string): Promise<Cable> {
  let target = firstTarget;
  let isCut = false;
  let connectionCount = 0;
  const sockets = new Set<Socket>();
  const server = createTcpServer((near) => {
    connectionCount += 1;
    const far = connect(Number(new URL(target).port), "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (bytes) => isCut || to.write(bytes));
      from.on("error", () => to.destroy());
      from.on("close", () => isCut || to.destroy());
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    url: urlOf(server.address() as AddressInfo),
    cut: () => (isCut = true),
    mend: () => (isCut = false),
    leadTo: (next) => {
      target = next;
      for (const socket of sockets) socket.destroy();
    },
    connectionCount: () => connectionCount,
  };
}

function urlOf({ port }: AddressInfo): string {
  return `http://127.0.0.1:${port}`;
}
