import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { request, type Agent } from "node:https";
import { Agent as HttpsAgent } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import type { IncomingMessage } from "node:http";
import { pino } from "pino";
import { generate } from "selfsigned";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { followTlsFiles, readTlsFiles } from "../src/http/tls.ts";
import { readConfig, startGateway, type Gateway } from "../src/index.ts";
import { createTestFolder } from "./test-gateway.ts";

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let gateway: Gateway;
let agent: Agent;
beforeAll(async () => {
  folder = await createTestFolder();
  const [TLS_CERT, TLS_KEY] = [join(folder.path, "cert.pem"), join(folder.path, "key.pem")];
  const { cert, private: key } = await createCertificate();
  await writeFile(TLS_CERT, cert);
  await writeFile(TLS_KEY, key);
  agent = new HttpsAgent({ ca: cert, keepAlive: true });
  gateway = await startGateway({ config: readConfig({ PORT: "0", DATA_DIR: folder.path, LOG_LEVEL: "silent", TLS_CERT, TLS_KEY }) });
  await gateway.ready;
});
afterAll(async () => {
  agent.destroy();
  await gateway.close();
  await folder.remove();
});

describe("with a certificate the gateway", () => {
  test("answers over TLS, and says where", async () => {
    expect(gateway.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect((await get("/healthz")).text).toBe('{"status":"ok"}');
  });

  test("answers nothing without", async () => {
    await expect(fetch(gateway.url.replace("https", "http"))).rejects.toThrow("fetch failed");
  });

  test("speaks no older TLS than 1.2", async () => {
    await expect(
      get("/healthz", new HttpsAgent({ rejectUnauthorized: false, minVersion: "TLSv1", maxVersion: "TLSv1.1" })),
    ).rejects.toThrow(/version|protocol|handshake/i);
  });

  test("opens WebSockets", async () => {
    const socket = new WebSocket(`${gateway.url.replace("https", "wss")}/graphql`, "graphql-transport-ws", { agent });
    await once(socket, "open");
    socket.send('{"type":"connection_init"}');
    const [message] = (await once(socket, "message")) as [Buffer];
    expect(message.toString()).toBe('{"type":"connection_ack"}');
    socket.terminate();
  });

  test("sends its cookie over TLS alone", async () => {
    const { headers } = await get("/session", agent, "DELETE");
    expect(headers["set-cookie"]).toEqual([expect.stringContaining("; Secure;")]);
  });

  test("takes a new one while it runs, once its key is there too, and keeps the one before until then", async () => {
    const before = await fingerprint();
    const { cert, private: key } = await createCertificate();
    const { TLS_CERT, TLS_KEY } = tlsFiles();
    await writeFile(TLS_CERT!, cert);
    await delay(2_500);
    expect(await fingerprint()).toBe(before);
    await writeFile(TLS_KEY!, key);
    const after = new X509Certificate(cert).fingerprint256;
    await expect.poll(() => fingerprint()).toBe(after);
    // What was open goes on.
    expect((await get("/healthz")).text).toBe('{"status":"ok"}');
  });

  test("takes one that was put there while the gateway started", async () => {
    const { TLS_CERT: certFile, TLS_KEY: keyFile } = tlsFiles() as { TLS_CERT: string; TLS_KEY: string };
    const there = await readTlsFiles({ certFile, keyFile });
    const { cert, private: key } = await createCertificate();
    const setSecureContext = vi.fn();
    const logger = pino({ level: "silent" });
    for (const [used, taken] of [
      [there, []],
      [{ ...there, cert, key }, [[there]]],
    ] as const) {
      const following = await followTlsFiles({ certFile, keyFile }, used, { setSecureContext }, logger);
      following.close();
      expect(setSecureContext.mock.calls).toEqual(taken);
    }
  });

  test("ends connections that are idle, and those that never became one, when it stops", async () => {
    const other = await createTestFolder();
    const stopping = await startGateway({ config: readConfig({ PORT: "0", DATA_DIR: other.path, LOG_LEVEL: "silent", ...tlsFiles() }) });
    await stopping.ready;
    const { port } = new URL(stopping.url);
    const [silent, idle] = [connect(Number(port), "127.0.0.1"), new HttpsAgent({ rejectUnauthorized: false, keepAlive: true })];
    await once(silent, "connect");
    await get("/healthz", idle, "GET", stopping.url);
    // Either would be waited for longer than this test may take.
    await stopping.close();
    silent.destroy();
    idle.destroy();
    await other.remove();
  });
});

/** Of the certificate that a new connection gets. */
async function fingerprint(): Promise<string> {
  const socket = connectTls({ port: Number(new URL(gateway.url).port), host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

function createCertificate(): ReturnType<typeof generate> {
  return generate([{ name: "commonName", value: "localhost" }], {
    extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
  });
}

function tlsFiles(): Record<string, string> {
  return { TLS_CERT: join(folder.path, "cert.pem"), TLS_KEY: join(folder.path, "key.pem") };
}

async function get(
  path: string,
  via: Agent = agent,
  method = "GET",
  url = gateway.url,
): Promise<{ readonly headers: IncomingMessage["headers"]; readonly text: string }> {
  const asking = request(url + path, { agent: via, method });
  asking.end();
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { headers: response.headers, text };
}
