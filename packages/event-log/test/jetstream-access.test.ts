import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nkeys } from "@nats-io/transport-node";
import { findNatsServer, NATS_MISSING, NatsServers } from "@segmeter/nats-servers";
import { generate } from "selfsigned";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { JetStreamLog, type NatsOptions } from "../src/jetstream/index.ts";
import { message } from "./messages.ts";
import { createTempFolder } from "./temp-folder.ts";

const isMissing = findNatsServer() === null;

describe.skipIf(isMissing)(`servers that ask who comes let a node in${isMissing ? `: ${NATS_MISSING}` : ""}`, () => {
  test("with a user and a password in the URL", async () => {
    const host = await start('authorization { user: "node", password: "p@ss word" }');
    await expectToStore({ urls: [`nats://node:p%40ss%20word@${host}`] });
    await expectRefusal({ urls: [`nats://node:wrong@${host}`] });
  });

  test("with a token in the URL", async () => {
    const host = await start('authorization { token: "secret" }');
    await expectToStore({ urls: [`nats://secret@${host}`] });
    await expectRefusal({ urls: [`nats://${host}`] });
  });

  test("with a file of credentials", async () => {
    const user = nkeys.createUser();
    const host = await start(`authorization { users: [{ nkey: ${user.getPublicKey()} }] }`);
    const seed = new TextDecoder().decode(user.getSeed());
    const credsFile = join(await createTempFolder(), "node.creds");
    await writeFile(credsFile, block("NATS USER JWT", "e30.e30.e30") + block("USER NKEY SEED", seed));
    await expectToStore({ urls: [`nats://${host}`], credsFile });
    await expectRefusal({ urls: [`nats://${host}`] });
  });

  test("over TLS, with a certificate that it shows and one that it trusts", async () => {
    const folder = await createTempFolder();
    const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
      extensions: [
        { name: "basicConstraints", cA: true },
        { name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] },
      ],
    });
    const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    await writeFile(certFile, cert);
    await writeFile(keyFile, key);
    const address = await start(`tls { cert_file: "${certFile}", key_file: "${keyFile}", ca_file: "${certFile}", verify: true }`);
    const host = address.replace("127.0.0.1", "localhost");
    await expectToStore({ urls: [`tls://${host}`], caFile: certFile, certFile, keyFile });
    await expectRefusal({ urls: [`tls://${host}`], certFile, keyFile });
  });
});

describe.skipIf(isMissing)(`a node that no server reads the stream for${isMissing ? `: ${NATS_MISSING}` : ""}`, () => {
  test("asks for its messages one by one", async () => {
    const host = await start(`authorization { users: [${userOf("reader", "")}, ${userOf("alone", 'deny: ["$JS.API.CONSUMER.>"]')}] }`);
    const onTrouble = vi.fn();
    const [reader, alone] = [
      await open({ urls: [`nats://reader:p@${host}`] }, onTrouble),
      await open({ urls: [`nats://alone:p@${host}`] }, onTrouble),
    ];
    await reader.catchUp();
    for (let i = 0; i < 20; i++) await reader.append([{ accountId: "x", events: [message("c", String(i))] }]);
    await alone.catchUp();
    expect(alone.position).toBe(20);
    await alone.append([{ accountId: "x", events: [message("c", "20")] }]);
    expect((await alone.size()).eventCount).toBe(21);
    expect(onTrouble).toHaveBeenCalledWith(expect.anything(), "the stream cannot be read; it is tried again");
  });
});

/** @param more what it may publish, beside all */
function userOf(name: string, more: string): string {
  return `{ user: ${name}, password: p, permissions: { publish: { allow: ">", ${more} } } }`;
}

/** As they stand in a file of credentials. */
function block(name: string, text: string): string {
  return `-----BEGIN ${name}-----\n${text}\n------END ${name}------\n`;
}

/** @returns host and port */
async function start(settings: string): Promise<string> {
  const folder = join(await createTempFolder(), "servers");
  await mkdir(folder);
  const servers = await NatsServers.start({ count: 1, folder, settings });
  onTestFinished(() => servers.close());
  return new URL(servers.urls[0]!).host;
}

async function open(nats: NatsOptions, onTrouble: (error: unknown) => void): Promise<JetStreamLog> {
  const log = await JetStreamLog.open({
    folder: await createTempFolder(),
    nats,
    stream: { name: "segmeter", replicas: 1, keptMs: Infinity },
    periodMs: 600_000,
    share: { text: "all", holds: () => true },
    onTrouble,
    onLost: onTrouble,
  });
  onTestFinished(() => log.close());
  return log;
}

async function expectToStore(nats: NatsOptions): Promise<void> {
  const log = await open(nats, (error) => {
    throw error;
  });
  await log.catchUp();
  await log.append([{ accountId: "x", events: [message("c", "1")] }]);
  expect(log.position).toBe(1);
}

/** It is tried again until it is given up, and told. */
async function expectRefusal(nats: NatsOptions): Promise<void> {
  const onTrouble = vi.fn<(error: unknown) => void>();
  const log = await open(nats, onTrouble);
  const giveUp = new AbortController();
  const trying = log.catchUp(giveUp.signal);
  await vi.waitFor(() => expect(onTrouble).toHaveBeenCalled(), { timeout: 20_000 });
  giveUp.abort();
  await trying;
  expect(log.state.isConnected).toBe(false);
}
