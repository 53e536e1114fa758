import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** @param answer what a server on loopback does with a request, while the work goes on */
export async function withServer<Result>(
  answer: (received: Received, response: ServerResponse) => unknown,
  work: (url: string) => Promise<Result>,
): Promise<Result> {
  const server = createServer(async (request, response) => {
    await answer({ method: request.method!, path: request.url!, headers: request.headers, body: await text(request) }, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
