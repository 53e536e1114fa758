import { once } from "node:events";
import { createServer } from "node:net";

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number, host = "127.0.0.1"): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(async (server) => {
      server.listen(0, host);
      await once(server, "listening");
      return (server.address() as { readonly port: number }).port;
    }),
  );
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
