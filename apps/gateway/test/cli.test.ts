import { writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { END_REASONS, START_REASONS } from "@segmeter/engine";
import { referenceSegments } from "@segmeter/reference";
import { createTraffic, GOLDEN_CASES } from "@segmeter/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli, type CliResult } from "./cli-process.ts";
import { createTestFolder, startTestGateway, type TestGateway } from "./test-gateway.ts";
import { withServer } from "./with-server.ts";

const DAY_MS = 86_400_000;
const FROM_MS = 1_763_769_600_000;
const EVENTS = createTraffic({ seed: 7, conversationsPerDay: 1000 }).eventsBetween(FROM_MS, FROM_MS + DAY_MS);
const SEGMENTS = referenceSegments(EVENTS);

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let gateway: TestGateway;
let accountCount = 0;
beforeAll(async () => {
  folder = await createTestFolder();
  gateway = await startTestGateway({ retentionHours: Infinity });
});
afterAll(async () => {
  await gateway.close();
  await folder.remove();
});

describe("segmeter import", () => {
  test("sends plain and packed files, and is safe to run twice", async () => {
    const account = anAccount();
    const middle = Math.floor(EVENTS.length / 2);
    const files = [
      await file("first.ndjson", toLines(EVENTS.slice(0, middle))),
      await file("rest.ndjson.gz", gzipSync(toLines(EVENTS.slice(middle)))),
    ];
    const first = await importInto(account, files);
    expect(first).toMatchObject({ exitCode: 0, stderr: "" });
    expect(first.stdout).toMatch(new RegExp(`^${EVENTS.length} accepted, 0 duplicates, 0 bad lines skipped, in \\d+\\.\\d\\d s\\n$`));
    const again = await importInto(account, files.toReversed());
    expect(again.stdout).toMatch(new RegExp(`^0 accepted, ${EVENTS.length} duplicates, 0 bad lines skipped, in `));
    expect(await totalOf(account, FROM_MS)).toBe(SEGMENTS.filter(({ endMs }) => endMs < FROM_MS + DAY_MS).length);
  });

  test("skips bad lines, each listed by file, line and reason, and takes the rest", async () => {
    const account = anAccount();
    const good = EVENTS.slice(0, 3).map((event) => JSON.stringify(event));
    const bytes = Buffer.concat([
      Buffer.from(`\uFEFF${good[0]}\r\n\r\n{"eventId":\n7\n`),
      Buffer.from([0x22, 0xff, 0x22, 0x0a]),
      Buffer.from(`${good[1]!.replace('"at":', '"at":-')}\n{"x":"\u2028\u0085",${good[2]!.slice(1)}\n`),
      Buffer.from(`{"x":"${"y".repeat(1024 * 1024)}",${good[0]!.slice(1)}`),
    ]);
    const path = await file("bad.ndjson", bytes);
    const { exitCode, stdout, stderr } = await importInto(account, [path]);
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^2 accepted, 0 duplicates, 5 bad lines skipped/)]);
    const listed = stderr.trimEnd().split("\n");
    expect(listed.toSorted()).toEqual([
      expect.stringMatching(new RegExp(`^${path}:3: not JSON: \\S`)),
      `${path}:4: expected a JSON object, got 7`,
      `${path}:5: not UTF-8`,
      expect.stringMatching(new RegExp(`^${path}:6: at: expected a whole number, 0 or more, got -\\d+$`)),
      expect.stringMatching(new RegExp(`^${path}:8: expected at most 1048576 characters, got \\d+$`)),
    ]);
  });

  test("moves the times of all files so that the last event is now, if it is told to", async () => {
    const account = anAccount();
    const files = [
      await file("last.ndjson", toLines(closed("last", FROM_MS))),
      await file("before.ndjson", toLines([...closed("before", FROM_MS - 7_200_000), { at: -1 }, { at: "9" }])),
    ];
    const { stdout } = await importInto(account, ["--shift-to-now", ...files]);
    expect(stdout).toMatch(/^4 accepted, 0 duplicates, 2 bad lines skipped/);
    for (const [timeframe, total] of [
      [1, 1],
      [119, 1],
      [122, 2],
    ]) {
      const { body } = await gateway.get(restPath(account, `v=1&timeframe=${timeframe}`));
      expect(body.metricsTotal).toMatchObject({ totalAgentConversationSegments: total, avgAgentSegmentDuration: 1000 });
    }
  });

  test("sends no batch larger than a gateway takes", async () => {
    const events = EVENTS.slice(0, 20).map((event) => Object.assign({ text: "x".repeat(1_000_000) }, event));
    const { exitCode, stdout } = await importInto(anAccount(), [await file("large.ndjson", toLines(events))]);
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^20 accepted/)]);
  });

  test("waits while the gateway is overloaded, says so, and sends the same again", async () => {
    const bodies: string[] = [];
    const answers: ((response: ServerResponse) => void)[] = [
      (response) => response.writeHead(503, { "retry-after": "1" }).end('{"message":"starting","causes":[]}'),
      (response) => response.writeHead(429, { "retry-after": "0" }).end("slow down"),
      (response) => response.destroy(),
      (response) => response.end('{"accepted":2,"duplicates":1,"rejected":[]}'),
    ];
    const begin = performance.now();
    const { exitCode, stdout, stderr } = await withServer(
      ({ body }, response) => {
        bodies.push(body);
        answers[bodies.length - 1]!(response);
      },
      async (url) => runCli(["import", await file("three.ndjson", toLines(EVENTS.slice(0, 3))), "--account", "a", "--url", url]),
    );
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^2 accepted, 1 duplicates, 0 bad lines/)]);
    expect(stderr.trimEnd().split("\n")).toEqual([
      "waiting: the gateway answered 503: starting",
      "waiting: the gateway answered 429: slow down",
      expect.stringMatching(/^waiting: no gateway answers at http:\/\/127\.0\.0\.1:\d+\/v1\/accounts\/a\/events \(.+\)/),
    ]);
    expect(performance.now() - begin).toBeGreaterThan(1000);
    expect(new Set(bodies).size).toBe(1);
  });

  test("carries a token, from an option or the environment, and takes the address from there too", async () => {
    const seen: (string | undefined)[] = [];
    const path = await file("one.ndjson", toLines(EVENTS.slice(0, 1)));
    await withServer(
      ({ headers }, response) => {
        seen.push(headers["authorization"]);
        response.end('{"accepted":1,"duplicates":0,"rejected":[]}');
      },
      async (url) => {
        await runCli(["import", path, "--account", "a", "--url", `${url}/`, "--token", "t1"]);
        await runCli(["import", path, "--account", "a"], { SEGMETER_URL: url, SEGMETER_TOKEN: "t2" });
      },
    );
    expect(seen).toEqual(["Bearer t1", "Bearer t2"]);
  });
});

describe("segmeter fold", () => {
  test("prints the closed segments, one a line, of plain and packed files and despite bad lines", async () => {
    const golden = GOLDEN_CASES.map(({ events }, i) =>
      events.map((event) => ({ ...event, conversationId: `${i} ${event.conversationId}` })),
    );
    const events = golden.flat();
    const files = [
      await file("golden.ndjson", `${toLines(events.slice(0, 50))}no event\n`),
      await file("golden.ndjson.gz", gzipSync(toLines([...events.slice(50), ...events.slice(0, 10)]))),
    ];
    const { exitCode, stdout, stderr } = await runCli(["fold", ...files]);
    expect([exitCode, stderr]).toEqual([0, expect.stringMatching(new RegExp(`^${files[0]}:51: not JSON: .*\n$`))]);
    expect(jsonLines(stdout)).toEqual(referenceSegments(events));
  });

  test("prints counts by start and end reason instead, if it is told to", async () => {
    const { exitCode, stdout } = await runCli(["fold", "--summary", await file("day.ndjson", toLines(EVENTS))]);
    const counts = Object.fromEntries(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split(/ {2,}/)),
    );
    expect(exitCode).toBe(0);
    expect(counts).toEqual({
      events: String(EVENTS.length),
      conversations: String(new Set(EVENTS.map(({ conversationId }) => conversationId)).size),
      "closed segments": String(SEGMENTS.length),
      ...Object.fromEntries(START_REASONS.map((reason) => [`started by ${reason}`, countOf(({ startReason }) => startReason === reason)])),
      ...Object.fromEntries(END_REASONS.map((reason) => [`ended by ${reason}`, countOf(({ endReason }) => endReason === reason)])),
    });
  });

  test("prints nothing for no events", async () => {
    expect(await runCli(["fold", await file("empty.ndjson", "\n\n")])).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  });
});

describe("segmeter says in one line what is wrong, and ends with status 1:", () => {
  const CASES: readonly (readonly [fact: string, args: () => Promise<readonly string[]>, message: RegExp])[] = [
    [
      "a wrong account id",
      async () => ["import", "x", "--account", "a-b"],
      /^error: .*'--account <id>'.*'a-b' is invalid\. expected 1 to 20 letters, digits or underscores/,
    ],
    ["no account id", async () => ["import", "x"], /^error: required option '--account <id>' not specified$/],
    [
      "a wrong address",
      async () => ["import", "x", "--account", "a", "--url", "ftp://x"],
      /^error: .*'--url <url>'.*'ftp:\/\/x' is invalid\. expected a URL/,
    ],
    ["no file", async () => ["fold"], /^error: missing required argument 'file'$/],
    ["an unknown command", async () => ["export"], /^error: unknown command 'export'\n\(Did you mean import\?\)$/],
    ["an unknown option", async () => ["fold", "x", "--sumary"], /^error: unknown option '--sumary'/],
    ["a missing file to import", async () => ["import", "no/such/file", "--account", "a"], /^segmeter: .*no\/such\/file/],
    ["a missing file to fold", async () => ["fold", "no/such/file"], /^segmeter: no\/such\/file: ENOENT/],
    ["a folder", async () => ["fold", folder.path], /^segmeter: .*: EISDIR/],
    [
      "a damaged packed file",
      async () => ["fold", await file("damaged.gz", gzipSync(toLines(EVENTS.slice(0, 2000))).fill(7, 2000, 2400))],
      /^segmeter: .*damaged\.gz: \S/,
    ],
    [
      "a packed file cut off",
      async () => [
        "import",
        await file("cut.gz", gzipSync(toLines(EVENTS.slice(0, 2000))).subarray(0, 9000)),
        "--account",
        "a",
        "--url",
        gateway.url,
      ],
      /^segmeter: .*cut\.gz: unexpected end of file$/,
    ],
    [
      "no gateway",
      async () => ["import", await file("few.ndjson", toLines(EVENTS.slice(0, 2))), "--account", "a", "--url", "http://127.0.0.1:1"],
      /^segmeter: no gateway answers at http:\/\/127\.0\.0\.1:1\/v1\/accounts\/a\/events \(.*\); start one with: npm run serve$/,
    ],
    [
      "no gateway behind an address that answers",
      async () => ["import", await file("few.ndjson", toLines(EVENTS.slice(0, 2))), "--account", "a", "--url", `${gateway.url}/healthz`],
      /^segmeter: the gateway answered 404: no such path: \/healthz\/v1\/accounts\/a\/events$/,
    ],
  ];

  for (const [fact, args, message] of CASES) {
    test.concurrent(fact, async () => {
      const { exitCode, stdout, stderr } = await runCli(await args());
      expect([exitCode, stdout]).toEqual([1, ""]);
      expect(stderr.trimEnd()).toMatch(message);
      expect(
        stderr
          .trimEnd()
          .split("\n")
          .filter((line) => !line.startsWith("(Did you mean")),
      ).toHaveLength(1);
    });
  }

  test("a 200 of something else", async () => {
    const path = await file("few.ndjson", toLines(EVENTS.slice(0, 2)));
    const { exitCode, stderr } = await withServer(
      (_body, response) => response.end("<html>\n<body>\n"),
      (url) => runCli(["import", path, "--account", "a", "--url", url]),
    );
    expect([exitCode, stderr]).toEqual([1, "segmeter: what answered 200 is no gateway: <html> <body>\n"]);
  });
});

describe("segmeter helps:", () => {
  const HELPS: readonly (readonly [readonly string[], RegExp])[] = [
    [["--help"], /import[\s\S]*fold[\s\S]*help/],
    [["help", "import"], /Usage: segmeter import [\s\S]*--account[\s\S]*--url[\s\S]*--token[\s\S]*--shift-to-now/],
    [["import", "--help"], /Usage: segmeter import /],
    [["fold", "--help"], /Usage: segmeter fold [\s\S]*--summary/],
  ];
  for (const [args, text] of HELPS) {
    test.concurrent(args.join(" "), async () => {
      const { exitCode, stdout, stderr } = await runCli(args);
      expect([exitCode, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(text);
    });
  }
});

function anAccount(): string {
  return `account_${accountCount++}`;
}

/** A conversation of one segment, a second long. */
function closed(conversationId: string, at: number): object[] {
  return [
    { eventId: "1", conversationId, at: at - 1000, type: "AGENT_ASSIGNED", agentId: "1" },
    { eventId: "2", conversationId, at, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder.path, name);
  await writeFile(path, content);
  return path;
}

function toLines(events: readonly object[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}

function jsonLines(text: string): unknown[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

function countOf(isCounted: (segment: (typeof SEGMENTS)[number]) => boolean): string {
  return String(SEGMENTS.filter(isCounted).length);
}

function importInto(accountId: string, args: readonly string[]): Promise<CliResult> {
  return runCli(["import", "--account", accountId, "--url", gateway.url, ...args]);
}

function restPath(accountId: string, query: string): string {
  return `/operations/api/account/${accountId}/msgagentsegments?${query}`;
}

/** Over the day from a moment on. */
async function totalOf(accountId: string, fromMs: number): Promise<number> {
  const { body } = await gateway.get(restPath(accountId, `v=2&fromMillis=${fromMs}&toMillis=${fromMs + DAY_MS}`));
  return body.metricsTotal.totalAgentConversationSegments;
}

/** A server for as long as some work lasts. */
