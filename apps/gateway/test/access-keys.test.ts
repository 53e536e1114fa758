import { randomBytes } from "node:crypto";
import { chmod, readdir, readFile, stat, unlink, writeFile } from "node:fs/promises";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Access, AccessError, isLoopback, type AccessConfig } from "../src/access/access.ts";
import { addKey, keyFileIn, removeKey, type KeyRequest } from "../src/access/key-file.ts";
import { toAccountId, toIds, toMoment, toName, toScope } from "../src/cli/option-values.ts";
import { keyRequest } from "./key-request.ts";
import { statusOf } from "./access-status.ts";
import { runCli, type CliResult } from "./cli-process.ts";
import { createTestFolder } from "./test-gateway.ts";

let folder: Awaited<ReturnType<typeof createTestFolder>>;
beforeEach(async () => (folder = await createTestFolder()));

const opened: Access[] = [];
afterEach(async () => {
  for (const access of opened.splice(0)) access.close();
  await folder.remove();
});

describe("segmeter keys", () => {
  test("create prints the key and nothing else, and keeps no more of it than its hash, for nobody else to read", async () => {
    const { exitCode, stdout, stderr } = await create("--name", "wall", "--scope", "read", "--account", "demo");
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^sgm_[0-9a-f]{12}_[\w-]{43}\n$/)]);
    const key = stdout.trim();
    const [, id, secret] = /^sgm_([0-9a-f]+)_(.+)$/.exec(key)!;
    expect(stderr).toBe(`It is shown this once: keep it where only its user can read it. Its id is ${id}.\n`);
    const text = await readFile(keyFileIn(folder.path), "utf8");
    expect(text).toContain(id);
    expect(text).not.toContain(secret);
    expect((await stat(keyFileIn(folder.path))).mode & 0o777).toBe(0o600);
    expect(await readdir(folder.path)).toEqual(["access.json"]);
  });

  test("list says what each key may do, and nothing that is secret", async () => {
    const wall = await create("--name", "the wall", "--scope", "read", "--account", "a", "b", "--account", "a");
    const lead = await create("--name", "lead", "--scope", "read", "--all-accounts", "--groups", "1,2", "--agents", "3", "--skills", "4");
    const feed = await create("--name", "feed", "--scope", "ingest", "read", "--account", "a", "--expires", "2999-01-01");
    const [wallId, leadId, feedId] = [wall, lead, feed].map(({ stdout }) => stdout.slice(4, 16));
    const { stdout } = await run("list");
    expect(stdout.replaceAll(/created \S+Z/g, "created …")).toBe(
      [
        `${wallId}  "the wall"  read  accounts a,b  created …  never expires\n`,
        `${leadId}  "lead"  read  every account  agents 3  groups 1,2  skills 4  created …  never expires\n`,
        `${feedId}  "feed"  ingest,read  accounts a  created …  expires 2999-01-01T00:00:00.000Z\n`,
      ].join(""),
    );
  });

  test("list is empty where there are none", async () => {
    expect(await run("list")).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  });

  test("revoke takes away one key, and no other", async () => {
    const [one, other] = [await create(...READ_ALL), await create(...READ_ALL)].map(({ stdout }) => stdout.trim());
    const { exitCode, stderr } = await run("revoke", one!.slice(4, 16));
    expect([exitCode, stderr]).toEqual([0, `Revoked ${one!.slice(4, 16)} "x".\n`]);
    const access = await openAccess();
    expect([await statusOf(access, one!), await statusOf(access, other!)]).toEqual([401, 200]);
  });

  test("revoke says so if there is no such key", async () => {
    await create(...READ_ALL);
    const before = await readFile(keyFileIn(folder.path), "utf8");
    const { exitCode, stderr } = await run("revoke", "000000000000");
    expect([exitCode, stderr]).toEqual([1, `segmeter: ${keyFileIn(folder.path)} has no key of the id "000000000000"\n`]);
    expect(await readFile(keyFileIn(folder.path), "utf8")).toBe(before);
    expect(await readdir(folder.path)).toEqual(["access.json"]);
  });

  test("--expires takes days", async () => {
    await create("--name", "x", "--scope", "read", "--all-accounts", "--expires", "90d");
    const [key] = JSON.parse(await readFile(keyFileIn(folder.path), "utf8")).keys;
    const days = (Date.parse(key.expiresAt) - Date.parse(key.createdAt)) / (24 * 60 * 60_000);
    expect(days).toBeGreaterThan(89.99);
    expect(days).toBeLessThan(90.01);
  });

  const REFUSED: readonly (readonly [args: readonly string[], message: string])[] = [
    [["--name", "x", "--scope", "read"], "expected either --account or --all-accounts"],
    [["--name", "x", "--scope", "read", "--account", "a", "--all-accounts"], "expected either --account or --all-accounts"],
    [["--name", "x", "--scope", "ingest", "--account", "a", "--groups", "1"], "expected --scope read with them"],
    [["--name", "x", "--scope", "read", "--account", "a", "--expires", "2001-01-01T00:00:00Z"], "expected a moment to come"],
  ];
  for (const [args, message] of REFUSED) {
    test(`create ${JSON.stringify(args.join(" "))} is refused`, async () => {
      const { exitCode, stdout, stderr } = await create(...args);
      expect([exitCode, stdout]).toEqual([1, ""]);
      expect(stderr).toContain(message);
      expect(await readdir(folder.path)).toEqual([]);
    });
  }

  const WRONG_VALUES: readonly (readonly [to: (text: string) => unknown, text: string, message: string])[] = [
    [toScope, "write", "expected one of ingest, read, admin"],
    [toAccountId, "a-b", "expected 1 to 20 letters, digits or underscores"],
    [toIds, "1,,2", "expected 1 to 128 characters, got none"],
    [toIds, "all", "which stands for all of them"],
    [toName, "x\n", "none of them a control character"],
    [toName, "", "expected 1 to 100 characters"],
    [toMoment, "soon", "expected days, such as 90d"],
    [toMoment, "d", "expected days, such as 90d"],
  ];
  for (const [to, text, message] of WRONG_VALUES) {
    test(`takes no ${JSON.stringify(text)} as what ${to.name} reads`, () => expect(() => to(text)).toThrow(message));
  }

  test("does not write over a file that is damaged", async () => {
    await writeFile(keyFileIn(folder.path), '{"version":1,"keys":[');
    for (const [command, ...args] of [["create", ...READ_ALL], ["list"], ["revoke", "000000000000"]]) {
      const { exitCode, stderr } = await run(command!, ...args);
      expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/^segmeter: .*access\.json cannot be read: /)]);
    }
    expect(await readFile(keyFileIn(folder.path), "utf8")).toBe('{"version":1,"keys":[');
    expect(await readdir(folder.path)).toEqual(["access.json"]);
  });

  test("leaves a file as it is that would hold too many, and says so", async () => {
    const path = keyFileIn(folder.path);
    const { id: _, ...key } = { ...request("x"), sha256: "0".repeat(64), createdAt: new Date(0).toISOString(), id: "" };
    const full = { version: 1, keys: Array.from({ length: 10_000 }, (_key, i) => ({ ...key, id: i.toString(16).padStart(12, "0") })) };
    await writeFile(path, JSON.stringify(full));
    const { exitCode, stderr } = await create(...READ_ALL);
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/^segmeter: .*access\.json stays as it is, since .*10000.*\n$/)]);
    expect(await readFile(path, "utf8")).toBe(JSON.stringify(full));
    expect(await readdir(folder.path)).toEqual(["access.json"]);
  });

  test("makes one change at a time, and says what to do about one that was broken off", async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => addKey(keyFileIn(folder.path), request(`n${i}`), 0)));
    const made = outcomes.filter(({ status }) => status === "fulfilled").length;
    expect(made).toBeGreaterThan(0);
    expect((await run("list")).stdout.split("\n").length - 1).toBe(made);
    await writeFile(`${keyFileIn(folder.path)}.new`, "");
    const { exitCode, stderr } = await create(...READ_ALL);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("access.json.new is there: another change is being made; if none is,")]);
  });
});

describe("a key", () => {
  test("is good as it was made, and in no other way", async () => {
    const { text } = await addKey(keyFileIn(folder.path), request("x"), 0);
    const access = await openAccess();
    expect((await access.identify(text)).rights).toEqual({
      accounts: ["a"],
      scopes: ["read"],
      restriction: { agentIds: null, groupIds: ["1"], skillIds: null },
    });
    const id = text.slice(4, 16);
    const WRONG = [
      `${text} `,
      text.slice(0, -1),
      `${text}A`,
      text.toUpperCase(),
      text.slice(0, -1) + (text.endsWith("A") ? "B" : "A"),
      `sgm_${id}_${randomBytes(32).toString("base64url")}`,
      `sgm_${"0".repeat(12)}${text.slice(16)}`,
      `sgm_${id}_`,
      `sgm_${id}`,
      "sgm_",
      text.slice(4),
      JSON.parse(await readFile(keyFileIn(folder.path), "utf8")).keys[0].sha256,
      "",
    ];
    for (const wrong of WRONG) expect([wrong, await statusOf(access, wrong)]).toEqual([wrong, 401]);
  });

  test("that is made, revoked or expires is told by a gateway that runs", async () => {
    let nowMs = Date.now();
    const path = keyFileIn(folder.path);
    const access = await openAccess({ now: () => nowMs });
    const { id, text } = await addKey(path, request("x"), nowMs);
    await expect.poll(() => statusOf(access, text)).toBe(200);
    const brief = await addKey(path, { ...request("y"), expiresAt: new Date(nowMs + 60_000).toISOString() }, nowMs);
    await expect.poll(() => statusOf(access, brief.text)).toBe(200);

    const ended: string[] = [];
    for (const key of [text, brief.text]) {
      const caller = await access.identify(key);
      access.watch(caller, () => ended.push(caller.name));
    }
    access.watch(await access.identify(text), () => ended.push("ended before"))();

    await removeKey(path, id);
    await expect.poll(() => statusOf(access, text)).toBe(401);
    expect(ended).toEqual([`key ${id} "x"`]);

    expect(await statusOf(access, brief.text)).toBe(200);
    nowMs += 60_000;
    expect(await statusOf(access, brief.text)).toBe(401);
    await expect.poll(() => ended).toEqual([`key ${id} "x"`, `key ${brief.id} "y"`]);
  });
});

describe("the file of keys, once it", () => {
  for (const [fact, breakIt] of [
    ["is cut off", (path: string) => readFile(path, "utf8").then((text) => writeFile(path, text.slice(0, -20)))],
    ["has a field that is unknown", (path: string) => change(path, (file) => ({ ...file, more: 1 }))],
    [
      "has a scope that is unknown",
      (path: string) => change(path, (file) => ({ ...file, keys: [{ ...file.keys[0]!, scopes: ["write"] }] })),
    ],
    ["has an id twice", (path: string) => change(path, (file) => ({ ...file, keys: [file.keys[0]!, file.keys[0]!] }))],
    ["is empty", (path: string) => writeFile(path, "")],
  ] as const) {
    test(`${fact}, lets nobody in, and keeps a gateway from starting`, async () => {
      const path = keyFileIn(folder.path);
      const { text } = await addKey(path, request("x"), 0);
      const access = await openAccess({ mode: "auto" });
      const caller = await access.identify(text);
      const before = await readFile(path, "utf8");
      await breakIt(path);
      await expect.poll(() => statusOf(access, text)).toBe(503);
      expect([access.isRequired, caller.isValid()]).toEqual([true, false]);
      await expect(openAccess()).rejects.toThrow(/access\.json cannot be read: .*; mend it, or remove it and create new keys$/s);
      await writeFile(path, before);
      await expect.poll(() => statusOf(access, text)).toBe(200);
    });
  }

  test("may not be read, lets nobody in", async () => {
    const path = keyFileIn(folder.path);
    await addKey(path, request("x"), 0);
    await chmod(path, 0o000);
    // Root reads whatever it likes.
    if (process.getuid!() === 0) expect((await openAccess()).isRequired).toBe(true);
    else await expect(openAccess()).rejects.toThrow("access.json cannot be read: EACCES");
  });

  test("is gone, lets nobody in", async () => {
    const { text } = await addKey(keyFileIn(folder.path), request("x"), 0);
    const access = await openAccess({ mode: "auto" });
    await unlink(keyFileIn(folder.path));
    await expect.poll(() => statusOf(access, text)).toBe(401);
    expect([access.isRequired, await statusOf(access, null)]).toEqual([true, 401]);
  });

  test("is there, closes a gateway that was open", async () => {
    const access = await openAccess({ mode: "auto" });
    const anyone = await access.identify(null);
    expect([access.isRequired, anyone.isValid(), anyone.rights.accounts]).toEqual([false, true, null]);
    await addKey(keyFileIn(folder.path), request("x"), 0);
    await expect.poll(() => statusOf(access, null)).toBe(401);
    expect(anyone.isValid()).toBe(false);
  });
});

describe("without credentials, access", () => {
  const TOKENS = { jwks: "http://127.0.0.1:1/jwks", issuer: "i", audience: "a", claimPrefix: "" };
  const CASES: readonly (readonly [
    mode: AccessConfig["mode"],
    host: string,
    tokens: AccessConfig["tokens"],
    isRequired: boolean | null,
  ])[] = [
    ["auto", "127.0.0.1", null, false],
    ["auto", "127.9.9.9", null, false],
    ["auto", "::1", null, false],
    ["auto", "localhost", null, false],
    ["auto", "0.0.0.0", null, null],
    ["auto", "::", null, null],
    ["auto", "192.0.2.1", null, null],
    ["auto", "gateway.test", null, null],
    ["auto", "127.0.0.1", TOKENS, true],
    ["auto", "0.0.0.0", TOKENS, true],
    ["required", "127.0.0.1", null, true],
    ["required", "0.0.0.0", null, true],
    ["open", "127.0.0.1", null, false],
    ["open", "0.0.0.0", TOKENS, false],
  ];
  for (const [mode, host, tokens, isRequired] of CASES) {
    const outcome = isRequired === null ? "keeps the gateway from listening" : isRequired ? "is required" : "is open, with a warning";
    test(`${outcome} with ACCESS=${mode} on ${host}${tokens ? " and JWTs" : ""}`, async () => {
      const warnings: string[] = [];
      const opening = openAccess({ mode, host, tokens, onWarning: (warning) => warnings.push(warning) });
      if (isRequired === null) await expect(opening).rejects.toThrow(AccessError);
      else expect((await opening).isRequired).toBe(isRequired);
      expect(warnings.length).toBe(isRequired === false ? 1 : 0);
    });
  }

  test("is for whatever else names this machine by chance no matter", () => {
    for (const host of ["127.0.0.1.test", "localhost.test", "::ffff:10.0.0.1", "127.0.0.1x", "", "0"])
      expect([host, isLoopback(host)]).toEqual([host, false]);
    expect(isLoopback("::ffff:127.0.0.1")).toBe(true);
  });
});

const READ_ALL = ["--name", "x", "--scope", "read", "--all-accounts"];

function create(...args: readonly string[]): Promise<CliResult> {
  return run("create", ...args);
}

function run(command: string, ...args: readonly string[]): Promise<CliResult> {
  return runCli(["keys", command, ...args], { DATA_DIR: folder.path });
}

function request(name: string): KeyRequest {
  return keyRequest({ name, accounts: ["a"], groupIds: ["1"] });
}

interface OpenOptions extends Partial<AccessConfig> {
  readonly host?: string;
  readonly now?: () => number;
  readonly onWarning?: (message: string) => void;
}

async function openAccess(options: OpenOptions = {}): Promise<Access> {
  const { mode = "required", tokens = null, host = "127.0.0.1", now = Date.now, onWarning = () => {} } = options;
  const logger = pino({ level: "warn" }, { write: (line) => onWarning(line) });
  const access = await Access.open({ config: { mode, tokens, requestsPerSecond: 100 }, dataDir: folder.path, host, logger, now });
  opened.push(access);
  return access;
}

interface KeyFile {
  readonly keys: readonly object[];
}

async function change(path: string, to: (file: KeyFile) => object): Promise<void> {
  await writeFile(path, JSON.stringify(to(JSON.parse(await readFile(path, "utf8")) as KeyFile)));
}
