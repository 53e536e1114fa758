import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { appendFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { SqliteCopy } from "@segmeter/event-log/sqlite";
import { referenceSegments } from "@segmeter/reference";
import { historySkewArbitrary, LIVEPERSON_AGENTS, livePersonConversationArbitrary } from "@segmeter/testkit";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isSigned } from "../src/liveperson/signature.ts";
import { addKey, keyFileIn } from "../src/access/key-file.ts";
import { keyRequest } from "./key-request.ts";
import { runCli, type CliResult } from "./cli-process.ts";
import { spawnGateway } from "./gateway-process.ts";
import { createAsker, createTestFolder, startTestGateway, type TestGateway, type TestGatewayOptions } from "./test-gateway.ts";

const SECRET = "rl9hacst6kqilbofup64n11ga3";
const ACCOUNT = "qa51680169";
/** Documented payloads, where they lie beside the project. */
const SAMPLES = new URL("../../../../shared/samples/liveperson/", import.meta.url);
const VECTORS = new URL("webhook-signature-vectors.json", SAMPLES);
const START_MS = 1_763_769_600_000;
const DAY_MS = 86_400_000;

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let gateway: TestGateway;
beforeEach(async () => {
  folder = await createTestFolder();
  gateway = await start();
});
afterEach(async () => {
  await gateway.close();
  await folder.remove();
});

function start(options: TestGatewayOptions = {}): Promise<TestGateway> {
  return startTestGateway({
    dataDir: folder.path,
    retentionHours: Infinity,
    now: () => START_MS + DAY_MS,
    liveperson: { webhookSecrets: new Map([[ACCOUNT, SECRET]]), publicHost: "metrics.example.com", oauthKeysFile: null },
    ...options,
  });
}

async function restart(options: TestGatewayOptions = {}): Promise<void> {
  await gateway.close();
  gateway = await start(options);
}

describe("the signature of a webhook", () => {
  const body = Buffer.from('{"kind":"notification"}');
  const digest = (algorithm: string, encoding: "base64" | "hex"): string =>
    `${algorithm}=${createHmac(algorithm, SECRET).update(body).digest(encoding)}`;

  test("is the HMAC of the body's bytes, by SHA-1 or SHA-256, in base64 or hex", () => {
    for (const algorithm of ["sha1", "sha256"]) {
      expect(isSigned(body, digest(algorithm, "base64"), SECRET)).toBe(true);
      expect(isSigned(body, digest(algorithm, "hex"), SECRET)).toBe(true);
      expect(
        isSigned(
          body,
          digest(algorithm, "hex").replace(/(?<==).*/, (hex) => hex.toUpperCase()),
          SECRET,
        ),
      ).toBe(true);
    }
  });

  test("is refused when anything about it is wrong", () => {
    const good = digest("sha1", "base64");
    const wrong = [undefined, "", "sha1=", "sha1", good.slice(5), good.slice(0, -2), `${good}A`, good.replace("sha1", "sha256"), [good]];
    for (const header of wrong) expect([header, isSigned(body, header, SECRET)]).toEqual([header, false]);
    expect(isSigned(body, good, `${SECRET}x`)).toBe(false);
    expect(isSigned(Buffer.from('{"kind": "notification"}'), good, SECRET)).toBe(false);
    expect(isSigned(body, `md5=${createHmac("md5", SECRET).update(body).digest("base64")}`, SECRET)).toBe(false);
  });

  test.runIf(existsSync(VECTORS))("is the documented one, for the documented bodies", () => {
    const { client_secret_in_public_test_fixture: secret, vectors } = JSON.parse(readFileSync(VECTORS, "utf8"));
    for (const { body_text: text, "x-liveperson-signature": header } of vectors) {
      expect(isSigned(Buffer.from(text), header, secret)).toBe(true);
      expect(isSigned(Buffer.from(`${text} `), header, secret)).toBe(false);
    }
  });
});

describe("the webhooks of an account", () => {
  test("are refused without its signature, and nothing is taken", async () => {
    const body = JSON.stringify(state(1000, [["a", "ASSIGNED_AGENT"]]));
    for (const [account, secret] of [
      [ACCOUNT, "another"],
      ["other", SECRET],
      [ACCOUNT, null],
    ] as const) {
      expect(await notify(body, { account, secret })).toMatchObject({ status: 401, body: { message: /X-Liveperson-Signature/ } });
    }
    expect((await notify(body)).body).toMatchObject({ accepted: 2, duplicates: 0 });
  });

  test("are no path of a gateway without secrets", async () => {
    await restart({ liveperson: { webhookSecrets: new Map(), publicHost: null, oauthKeysFile: null } });
    expect((await notify("{}")).status).toBe(404);
  });

  test("need no credential where one is asked for elsewhere", async () => {
    await restart({ access: { ...gateway.config.access, mode: "required" } });
    expect((await notify(JSON.stringify(state(1000, [])))).status).toBe(200);
    expect((await gateway.get(`/v1/accounts/${ACCOUNT}/agents`)).status).toBe(401);
  });

  test("that hold no JSON are the sender's fault; what cannot be read in them is named, and what can is taken", async () => {
    expect(await notify("{")).toMatchObject({ status: 400, body: { causes: [/^body: /] } });
    const change = state(1000, [["a,b", "ASSIGNED_AGENT"]]).body.changes[0];
    const { status, body } = await notify(JSON.stringify({ body: { changes: [7, change] } }));
    expect(status).toBe(200);
    expect(body).toEqual({
      accepted: 1,
      duplicates: 0,
      passedOver: 0,
      faults: ["changes.0: expected an object, got 7", 'AGENT_ASSIGNED: agentId: expected no comma, got "a,b"'],
    });
  });

  test("of a time to come are not taken", async () => {
    const { body } = await notify(JSON.stringify(state(2 * DAY_MS, [["a", "ASSIGNED_AGENT"]])));
    expect(body.accepted).toBe(1);
    expect(body.faults).toEqual([expect.stringMatching(/^state of a conversation: at: expected at most 60 s after/)]);
  });

  test("tell a takeover by what was known before, over a restart, and past a line that was broken off", async () => {
    const managed = [
      ["a", "ASSIGNED_AGENT"],
      ["m", "MANAGER"],
    ];
    await notify(JSON.stringify(state(1000, managed)));
    await gateway.close();
    await appendFile(join(folder.path, "liveperson.ndjson"), '["qa51680169",{"conversationId":"c","at":1500,"agent":nu');
    gateway = await start();
    await notify(JSON.stringify(state(2000, [["m", "ASSIGNED_AGENT"]])));
    await notify(JSON.stringify(message(2500, "m")));
    await notify(JSON.stringify(state(3000, [], { state: "CLOSE", closeReason: "AGENT", endTs: START_MS + 3000 })));
    const { agentsMetrics } = await metricsOf(ACCOUNT);
    expect(Object.keys(agentsMetrics.metricsPerAgent)).toEqual(["a", "m"]);
    // After a takeover the first response enters no average.
    expect(agentsMetrics.metricsPerAgent["m"]).toMatchObject({
      agentSegmentsWithNonResponsiveConsumers: 1,
      avgTimetoFirstAgentMessageFromAgentAssignment: -1,
    });
    const lines = (await readFile(join(folder.path, "liveperson.ndjson"), "utf8")).split("\n").filter((line) => line !== "");
    const moments = lines.flatMap((line) => JSON.parse(line)[1].at ?? []);
    expect(moments.map((at) => at - START_MS)).toEqual([1000, 2000, 3000]);
  });
});

describe.runIf(existsSync(SAMPLES))("the documented samples", () => {
  test("of eight webhooks end in their segment, however often they come", async () => {
    const bodies = (readSample("webhook-examples-sequence.json") as { payload: ReturnType<typeof state> }[]).map(({ payload }) => payload);
    // The documentation ends before the conversation does: its agent is answered, and closes it.
    const agentsMessage = structuredClone(bodies[6]) as { body: { changes: Record<string, unknown>[] } };
    const [change] = agentsMessage.body.changes;
    Object.assign(change!, { sequence: 4, serverTimestamp: 1528372190000, originatorMetadata: { id: "x", role: "CONSUMER" } });
    const closed = structuredClone(bodies[2]) as { body: { changes: { result: { conversationDetails: object } }[] } };
    const end = { state: "CLOSE", closeReason: "AGENT", endTs: 1528372200000, metaDataLastUpdateTs: 1528372200000 };
    Object.assign(closed.body.changes[0]!.result.conversationDetails, end);
    for (const body of [...bodies, agentsMessage, closed, ...bodies]) expect((await notify(JSON.stringify(body))).status).toBe(200);
    const query = "v=2&fromMillis=1528371000000&toMillis=1528374600000";
    const { body } = await gateway.get(`/operations/api/account/${ACCOUNT}/msgagentsegments?${query}`);
    // Assigned at …195521, first said something at …199686, and once more before the consumer did.
    expect(body.agentsMetrics.metricsPerAgent).toEqual({
      "29c3019d-fe0b-5200-afe8-737abfeae4b4": {
        totalAgentConversationSegments: 1,
        avgAgentMessagesinAgentSegment: 1,
        avgAgentSegmentDuration: 1_004_479,
        interactiveAgentSegments: 1,
        agentSegmentsAbandonedByConsumers: 0,
        agentSegmentsWithNonResponsiveConsumers: 0,
        agentSegmentsWithNonResponsiveAgents: 0,
        avgTimetoFirstAgentMessageFromAgentAssignment: 4_165,
        avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer: -1,
        avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation: 4_165,
        avgTimeToResponseFromAgentAssignment: 4_165,
      },
    });
  });

  test("of history of both years are imported, and the record that contradicts itself is named", async () => {
    const files = ["2017", "2020"].map((year) => new URL(`history-conversations-search-${year}.json`, SAMPLES).pathname);
    const { exitCode, stdout, stderr } = await run("import-liveperson", ...files);
    expect(exitCode).toBe(0);
    // Both tell of one conversation: its start, the assignment and two messages are the same.
    expect(stdout).toMatch(/^2 conversations, 6 events accepted, 4 duplicates, 1 records not taken whole, /);
    expect(stderr).toMatch(/^\S+-2020\.json: e5c58e49-\S+: dialogs\.0\.closeReason: [^\n]+\n$/);
  });
});

describe("what was last known of conversations", () => {
  test("is let go of once the conversation is closed and older than the retention, and not before", async () => {
    const closed = { state: "CLOSE", closeReason: "AGENT", endTs: START_MS + 2000 };
    await notify(JSON.stringify(state(1000, [])).replace('"convId":"c"', '"convId":"open"'));
    await notify(JSON.stringify(state(1000, [])));
    await notify(JSON.stringify(state(2000, [], closed)));
    await notify(JSON.stringify(state(2000, [], closed)));
    expect(await known()).toEqual(["open", "c", "c"]);
    await restart({ retentionHours: 25 });
    expect(await known()).toEqual(["open", "c", "c"]);
    await restart({ retentionHours: 24, now: () => START_MS + DAY_MS + 2001 });
    expect(await known()).toEqual(["open"]);
    expect(await readFile(join(folder.path, "liveperson.ndjson"), "utf8")).not.toContain('"conversationId":"c"');
  });

  test("is there again after a gateway was killed that had answered", async () => {
    const environment = {
      DATA_DIR: join(folder.path, "killed"),
      LIVEPERSON_WEBHOOK_SECRETS: `${ACCOUNT}=${SECRET}`,
      RETENTION_HOURS: "all",
    };
    const managed = [
      ["a", "ASSIGNED_AGENT"],
      ["m", "MANAGER"],
    ];
    const first = await spawnGateway(environment);
    expect((await notify(JSON.stringify(state(1000, managed)), { url: first.url })).status).toBe(200);
    await first.kill();
    const second = await spawnGateway(environment);
    try {
      await notify(JSON.stringify(state(2000, [["m", "ASSIGNED_AGENT"]])), { url: second.url });
      await notify(JSON.stringify(message(2500, "m")), { url: second.url });
      await notify(JSON.stringify(state(3000, [], { state: "CLOSE", closeReason: "AGENT", endTs: START_MS + 3000 })), { url: second.url });
      const answer = await fetch(`${second.url}/operations/api/account/${ACCOUNT}/msgagentsegments?${windowQuery()}`);
      const { agentsMetrics } = (await answer.json()) as { agentsMetrics: { metricsPerAgent: Record<string, unknown> } };
      expect(agentsMetrics.metricsPerAgent["m"]).toMatchObject({ avgTimetoFirstAgentMessageFromAgentAssignment: -1 });
    } finally {
      await second.kill();
    }
  });

  // A limit on the size of its files is as good as a full disk, and only Linux can change it from outside.
  test.runIf(process.platform === "linux")("is on disk before a notification is acknowledged, or it has to come again", async () => {
    const environment = {
      DATA_DIR: join(folder.path, "full"),
      LIVEPERSON_WEBHOOK_SECRETS: `${ACCOUNT}=${SECRET}`,
      RETENTION_HOURS: "all",
    };
    const assigned = ["a", "ASSIGNED_AGENT"];
    const managed = JSON.stringify(state(1000, [assigned, ["m", "MANAGER"]]));
    const first = await spawnGateway(environment, ["prlimit", "--fsize=1000000:"]);
    try {
      // Long to keep, though but two events each.
      const crowd = Array.from({ length: 1_000 }, (_, index) => [`manager-${index}`.padEnd(100, "."), "MANAGER"]);
      let sentCount = 0;
      let answer;
      do answer = await notify(JSON.stringify(state(100 + sentCount++, [assigned, ...crowd])), { url: first.url });
      while (answer.status === 200 && sentCount < 50);
      expect(answer.status).toBe(503);
      // The log itself takes events still.
      const started = { eventId: "1", conversationId: "x", at: START_MS, type: "CONVERSATION_STARTED" };
      expect((await createAsker(first.url, {}).postEvents("other", [started])).status).toBe(200);
      expect((await notify(managed, { url: first.url })).status).toBe(503);
      execFileSync("prlimit", ["--fsize=unlimited:", "--pid", String(first.child.pid)]);
      expect((await notify(managed, { url: first.url })).status).toBe(200);
    } finally {
      await first.kill();
    }
    const kept = (await readFile(join(environment.DATA_DIR, "liveperson.ndjson"), "utf8")).split("\n");
    expect(kept.filter((line) => line.includes('"managers":["m"]'))).toHaveLength(1);
  });

  test("is on disk when many notifications come at once, each once", async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => notify(JSON.stringify(state(1000 + (index % 50), [])))));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 200));
    expect(await known()).toHaveLength(50);
  });
});

describe("a backup", () => {
  const managed = state(1000, [
    ["pid-a", "ASSIGNED_AGENT"],
    ["m", "MANAGER"],
  ]);
  const takenOver = state(2000, [["m", "ASSIGNED_AGENT"]]);
  const closed = state(3000, [], { state: "CLOSE", closeReason: "AGENT", endTs: START_MS + 3000 });

  test.each(["of a gateway that runs", "of a folder"])(
    "%s carries the directory and what was last known, so that what comes next is judged by it",
    { timeout: 60_000 },
    async (where) => {
      await put(`/v1/accounts/${ACCOUNT}/agents`, [{ id: "a", pid: "pid-a", displayName: "Ada" }]);
      await notify(JSON.stringify(managed));
      if (where === "of a folder") await gateway.close();
      const backup = await backUp(where === "of a folder" ? ["--data-dir", folder.path] : ["--url", gateway.url]);
      if (where !== "of a folder") await gateway.close();
      await moveTo(backup);

      expect((await gateway.get(`/v1/accounts/${ACCOUNT}/agents`)).body).toMatchObject([{ id: "a", displayName: "Ada" }]);
      expect((await notify(JSON.stringify(managed))).body).toMatchObject({ accepted: 0, duplicates: 2 });
      for (const body of [takenOver, message(2500, "m"), closed]) await notify(JSON.stringify(body));
      const { metricsPerAgent } = (await metricsOf(ACCOUNT)).agentsMetrics;
      expect(Object.keys(metricsPerAgent)).toEqual(["a", "m"]);
      // After a takeover the first response enters no average.
      expect(metricsPerAgent["m"]).toMatchObject({ avgTimetoFirstAgentMessageFromAgentAssignment: -1 });
    },
  );

  test("made while notifications come knows the state behind every event in it that was acknowledged", { timeout: 60_000 }, async () => {
    let isOver = false;
    const making = backUp(["--url", gateway.url]).finally(() => (isOver = true));
    making.catch(() => undefined);
    for (let sent = 0; !isOver; sent++) await notify(JSON.stringify(managed).replace('"convId":"c"', `"convId":"${sent}"`));
    const copy = SqliteCopy.open(await making);
    const conversations = [...copy.readAll()].flat().map(({ events }) => events[0]!.conversationId);
    const lines = [...copy.companions()].flatMap(([, pieces]) =>
      Buffer.concat([...pieces])
        .toString()
        .split("\n"),
    );
    copy.close();

    // They came one after another: of all but the last one the answer was there.
    const acknowledged = conversations.slice(0, -1);
    expect(acknowledged.length).toBeGreaterThan(10);
    expect(acknowledged.filter((id) => !lines.some((line) => line.includes(`"conversationId":"${id}"`)))).toEqual([]);
  });

  test("from before it carried them restores too; the notifications that come again change nothing", { timeout: 60_000 }, async () => {
    const bodies = [managed, takenOver, message(2500, "m"), closed].map((body) => JSON.stringify(body));
    for (const body of bodies) await notify(body);
    const before = await metricsOf(ACCOUNT);
    await gateway.close();
    await rm(join(folder.path, "liveperson.ndjson"));
    const backup = await backUp(["--data-dir", folder.path]);
    await moveTo(backup);
    expect(await readFile(join(folder.path, "liveperson.ndjson"), "utf8")).toBe("");

    for (const body of bodies.toReversed()) await notify(body);
    expect(await metricsOf(ACCOUNT)).toEqual(before);
  });

  test("leaves what is in the folder already, which is newer", { timeout: 60_000 }, async () => {
    await put(`/v1/accounts/${ACCOUNT}/agents`, [{ id: "a" }]);
    const backup = await backUp(["--url", gateway.url]);
    await put(`/v1/accounts/${ACCOUNT}/agents`, [{ id: "b" }]);
    await gateway.close();
    for (const name of await readdir(folder.path)) if (name.startsWith("events.sqlite")) await rm(join(folder.path, name));
    const { exitCode, stderr } = await runCli(["restore", backup, "--data-dir", folder.path]);
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining("agents.json is there already, and stays as it is")]);
    gateway = await start();
    expect((await gateway.get(`/v1/accounts/${ACCOUNT}/agents`)).body).toMatchObject([{ id: "b" }]);
  });
});

describe("the directory of an account's users", () => {
  const path = `/v1/accounts/${ACCOUNT}/agents`;

  test("holds from when it was put, and after a restart; who is not in it is listed", async () => {
    await notify(JSON.stringify(state(1000, [["pid-of-11", "ASSIGNED_AGENT"]])));
    await notify(JSON.stringify(state(2000, [])));
    expect((await gateway.get(`${path}/unknown`)).body).toEqual(["pid-of-11"]);
    expect((await put(path, [{ id: "11", pid: "pid-of-11", groupId: "3", userType: "BOT" }])).status).toBe(204);
    await restart();
    expect((await gateway.get(path)).body).toEqual([{ id: "11", pid: "pid-of-11", groupId: "3", userType: "BOT", displayName: null }]);
    await notify(JSON.stringify(state(3000, [["pid-of-11", "ASSIGNED_AGENT"]])));
    await notify(JSON.stringify(state(4000, [])));
    const bots = await gateway.get(`/operations/api/account/${ACCOUNT}/msgagentsegments?${windowQuery()}&userType=bot&groupIds=3`);
    expect(Object.keys(bots.body.agentsMetrics.metricsPerAgent)).toEqual(["11"]);
    expect((await gateway.get(`${path}/unknown`)).body).toEqual([]);
  });

  test("is refused whole, with every reason", async () => {
    const { status, body } = await put(path, [{ id: "1", userType: "CAT" }, 7, { pid: "1" }, { id: "2", pid: "1" }, { id: "1" }]);
    expect([status, body.causes]).toEqual([
      400,
      [
        '0.userType: expected one of HUMAN, BOT, got "CAT"',
        "1: expected an object, got 7",
        "2.id: expected a string, got nothing",
        '4: "1" is named by entry 3 already',
      ],
    ]);
    expect((await gateway.get(path)).body).toEqual([]);
  });

  test("is for whoever may feed the account", async () => {
    const [feeder, reader] = [await createKey("ingest"), await createKey("read")];
    await restart();
    expect((await gateway.as(feeder).get(path)).status).toBe(200);
    expect((await gateway.as(feeder).get(`/v1/accounts/other/agents`)).status).toBe(403);
    expect((await gateway.as(reader).get(path)).status).toBe(403);
  });

  test("that is damaged keeps the gateway from starting, which names the file", async () => {
    await gateway.close();
    await writeFile(join(folder.path, "agents.json"), '{"a":7}');
    await expect(start()).rejects.toThrow(/agents\.json: a: expected a list of agents, got 7/);
    await writeFile(join(folder.path, "agents.json"), "{}");
    gateway = await start();
  });
});

describe("the commands", () => {
  test("import history, dated differently, over webhooks of which half came later: every segment there is, once", async () => {
    const conversations = fc.sample(
      livePersonConversationArbitrary(historySkewArbitrary(2_000)).filter(({ bodies }) => bodies.length > 10),
      { numRuns: 20, seed: 5 },
    );
    const directory = await file("agents.json", JSON.stringify(LIVEPERSON_AGENTS));
    expect(await run("agents", "--put", directory)).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    const bodies = conversations.flatMap((conversation) => conversation.bodies);
    for (const body of bodies.filter((_, index) => index % 2 === 0)) expect((await notify(JSON.stringify(body))).status).toBe(200);
    const records = conversations.map(({ record }) => record);
    const files = [
      await file("1.json", JSON.stringify({ conversationHistoryRecords: records.slice(0, 10) }, null, 2)),
      await file(
        "2.json.gz",
        gzipSync(
          records
            .slice(10)
            .map((record) => `${JSON.stringify(record)}\n`)
            .join(""),
        ),
      ),
    ];
    const first = await run("import-liveperson", ...files);
    expect(first).toMatchObject({ exitCode: 0, stderr: "" });
    expect(first.stdout).toMatch(/^20 conversations, [1-9]\d* events accepted, [1-9]\d* duplicates, 0 records not taken whole, in /);
    expect((await run("import-liveperson", ...files)).stdout).toMatch(/^20 conversations, 0 events accepted, /);
    await restart();
    for (const body of bodies.filter((_, index) => index % 2 === 1)) expect((await notify(JSON.stringify(body))).status).toBe(200);
    const segments = conversations.flatMap(({ truth }) => referenceSegments(truth));
    expect(segments.length).toBeGreaterThan(20);
    expect((await metricsOf(ACCOUNT)).metricsTotal.totalAgentConversationSegments).toBe(segments.length);
    const perAgent = Object.groupBy(segments, ({ agentId }) => agentId);
    for (const [id, metrics] of Object.entries((await metricsOf(ACCOUNT)).agentsMetrics.metricsPerAgent)) {
      expect((metrics as { totalAgentConversationSegments: number }).totalAgentConversationSegments).toBe(perAgent[id]!.length);
    }
    expect((await run("agents", "--unknown")).stdout).toBe("");
  });

  test("name every file and record that cannot be taken whole, and take the rest", async () => {
    const record = { info: { conversationId: "r", startTimeL: START_MS, status: "OPEN", closeReason: "AGENT" } };
    const files = [
      await file("bad.json", "{"),
      await file("other.json", '{"x":1}'),
      await file("cut.json.gz", gzipSync(JSON.stringify(record)).subarray(0, -20)),
      await file("good.json", JSON.stringify([record, { conversationHistoryRecords: [7] }])),
    ];
    const report = join(folder.path, "report.ndjson");
    const { exitCode, stdout, stderr } = await run("import-liveperson", ...files, "--report", report);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^1 conversations, 1 events accepted, 0 duplicates, 5 records not taken whole/);
    expect(stderr.trimEnd().split("\n")).toEqual([
      expect.stringMatching(`^${files[0]}: \\?: not JSON: `),
      `${files[1]}: ?: expected conversationHistoryRecords, or a record, got neither`,
      `${files[2]}: ?: cannot be read: unexpected end of file`,
      `${files[3]}: r: info.closeReason: expected none while the status is OPEN, got "AGENT"; it stays open`,
      `${files[3]}: ?: info.conversationId: expected the conversation, got nothing`,
    ]);
    const reported = (await readFile(report, "utf8")).trimEnd().split("\n");
    expect(reported.map((line) => JSON.parse(line).conversation)).toEqual([null, null, null, "r", null]);
  });

  test("say what is wrong when they cannot be done", async () => {
    const missing = join(folder.path, "missing.json");
    const record = await file("record.json", "{}");
    expect(await run("import-liveperson", record, "--report", join(missing, "x"))).toMatchObject({
      exitCode: 1,
      stderr: /^segmeter: the report: ENOENT: /,
    });
    expect(await run("agents", "--put", missing)).toMatchObject({ exitCode: 1, stderr: /missing\.json/ });
    expect(await run("agents", "--put", await file("x.json", '[{"id":"all"}]'))).toMatchObject({
      exitCode: 1,
      stderr: /^segmeter: the gateway answered 400: wrong directory; none of it was taken; 0\.id: expected an id, got "all"/,
    });
  });
});

describe("the domain lookup", () => {
  test("sends clients of the metrics' service to this gateway", async () => {
    const one = { service: "leDataReporting", account: ACCOUNT, baseURI: "metrics.example.com" };
    expect((await gateway.get(`/api/account/${ACCOUNT}/service/leDataReporting/baseURI.json?version=1.0`)).body).toEqual(one);
    expect((await gateway.get(`/api/account/${ACCOUNT}/service/baseURI.json?version=1.0`)).body).toEqual({ baseURIs: [one] });
    expect((await gateway.get(`/api/account/${ACCOUNT}/service/agentVep/baseURI.json`)).status).toBe(404);
    expect((await gateway.get(`/api/account/a-b/service/baseURI.json`)).status).toBe(400);
  });

  test("names the host that was asked, if no other is configured", async () => {
    await restart({ liveperson: { webhookSecrets: new Map(), publicHost: null, oauthKeysFile: null } });
    const { body } = await gateway.get(`/api/account/${ACCOUNT}/service/leDataReporting/baseURI.json`);
    expect(body.baseURI).toBe(new URL(gateway.url).host);
  });
});

/** @returns the file */
async function backUp(place: readonly string[]): Promise<string> {
  const path = join(folder.path, "backup");
  expect(await runCli(["backup", path, ...place])).toMatchObject({ exitCode: 0 });
  return path;
}

/** Restores a backup into a folder of its own, and starts a gateway there. */
async function moveTo(backup: string): Promise<void> {
  const next = await createTestFolder();
  expect(await runCli(["restore", backup, "--data-dir", next.path])).toMatchObject({ exitCode: 0 });
  await folder.remove();
  folder = next;
  gateway = await start();
}

function readSample(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, SAMPLES), "utf8"));
}

interface NotifyOptions {
  readonly account?: string;
  /** null: it is not signed. */
  readonly secret?: string | null;
  readonly url?: string;
}

async function notify(
  text: string,
  { account = ACCOUNT, secret = SECRET, url = gateway.url }: NotifyOptions = {},
  // oxlint-disable-next-line typescript/no-explicit-any -- each test knows what it asked for
): Promise<{ readonly status: number; readonly body: any }> {
  const signature = secret === null ? undefined : `sha1=${createHmac("sha1", secret).update(text).digest("base64")}`;
  const response = await fetch(`${url}/liveperson/webhooks/${account}`, {
    method: "POST",
    headers: { "content-type": "application/json; charset=utf-8", ...(signature !== undefined && { "x-liveperson-signature": signature }) },
    body: text,
  });
  return { status: response.status, body: await response.json() };
}

async function put(path: string, body: unknown): Promise<{ readonly status: number; readonly body: { readonly causes: string[] } }> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(gateway.url + path, { method: "PUT", headers, body: JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, body: text === "" ? { causes: [] } : JSON.parse(text) };
}

/** The conversations of the snapshots that are on disk, one entry a snapshot. */
async function known(): Promise<string[]> {
  const lines = (await readFile(join(folder.path, "liveperson.ndjson"), "utf8")).split("\n").filter((line) => line !== "");
  const kept = lines.map((line) => (JSON.parse(line) as [string, { conversationId: string; facts?: unknown }])[1]);
  return kept.filter(({ facts }) => facts === undefined).map(({ conversationId }) => conversationId);
}

async function createKey(scope: "ingest" | "read"): Promise<string> {
  return (await addKey(keyFileIn(folder.path), keyRequest({ scopes: [scope], accounts: [ACCOUNT] }), Date.now())).text;
}

function run(command: string, ...args: string[]): Promise<CliResult> {
  return runCli([command, "--account", ACCOUNT, "--url", gateway.url, ...args]);
}

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder.path, name);
  await writeFile(path, content);
  return path;
}

function windowQuery(): string {
  return `v=2&fromMillis=${START_MS}&toMillis=${START_MS + DAY_MS}`;
}

// oxlint-disable-next-line typescript/no-explicit-any -- each test knows what it asked for
async function metricsOf(account: string): Promise<any> {
  return (await gateway.get(`/operations/api/account/${account}/msgagentsegments?${windowQuery()}`)).body;
}

/** @param afterMs after the start of the conversation */
function state(afterMs: number, participants: readonly (readonly string[])[], more: object = {}): { body: { changes: unknown[] } } {
  const conversationDetails = {
    skillId: "-1",
    participants: participants.map(([id, role]) => ({ id, role })),
    state: "OPEN",
    startTs: START_MS,
    metaDataLastUpdateTs: START_MS + afterMs,
    ...more,
  };
  return { body: { changes: [{ type: "UPSERT", result: { convId: "c", conversationDetails } }] } };
}

function message(afterMs: number, id: string): unknown {
  const event = { type: "ContentEvent", message: "…", contentType: "text/plain" };
  const originatorMetadata = { id, role: "ASSIGNED_AGENT" };
  return {
    body: {
      changes: [{ sequence: 0, originatorMetadata, serverTimestamp: START_MS + afterMs, event, conversationId: "c", dialogId: "c" }],
    },
  };
}
