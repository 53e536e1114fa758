import { Engine } from "@segmeter/engine";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { expectProblem, nameless } from "./problem.ts";
import { startTestGateway, type TestAnswer, type TestGateway } from "./test-gateway.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 8, 51, 55, 118);
const HOUR_MS = 3_600_000;
const KEPT_SINCE_MS = NOW_MS - 72 * HOUR_MS;

let gateway: TestGateway;
beforeAll(async () => (gateway = await startTestGateway({ now: () => NOW_MS })));
afterAll(() => gateway.close());

/** Sends the same three times: what comes again is executed by other code, and answered alike. */
async function post(body: unknown, type?: string): Promise<TestAnswer> {
  const [first, second, third] = [
    await gateway.post("/graphql", body, type),
    await gateway.post("/graphql", body, type),
    await gateway.post("/graphql", body, type),
  ];
  for (const again of [second, third]) expect([again.status, nameless(again.text)]).toEqual([first.status, nameless(first.text)]);
  return third;
}

const ask = (query: string, variables = {}): Promise<TestAnswer> => post({ query, variables });

afterEach(() => vi.restoreAllMocks());

describe("a wrong argument is bad user input, in REST's words", () => {
  const LONG = "x".repeat(129);
  const PAIRS: readonly (readonly [fact: string, fields: string, name: string, restQuery: string, restName: string])[] = [
    ...[0, -1, 1441].map((minutes): [string, string, string, string, string] => [
      `a window of ${minutes} minutes`,
      segments(`timeframe: ${minutes}`),
      "timeframe",
      `v=1&timeframe=${minutes}`,
      "timeframe",
    ]),
    ...[4, 0, -5, 31, 61].map((minutes): [string, string, string, string, string] => [
      `intervals of ${minutes} minutes in an hour`,
      segments("timeframe: 60", `intervals(minutes: ${minutes}) { start }`),
      "minutes",
      `v=1&timeframe=60&interval=${minutes}`,
      "interval",
    ]),
    [
      "a window that ends more than 60 s ahead",
      segments(`timeframe: 60, endingAt: "${iso(NOW_MS + 60_001)}"`),
      "endingAt",
      v2(NOW_MS + 60_001 - HOUR_MS, NOW_MS + 60_001),
      "toMillis",
    ],
    [
      "a window that begins before what is kept",
      segments(`timeframe: 60, endingAt: "${iso(KEPT_SINCE_MS + HOUR_MS - 1)}"`),
      "endingAt",
      v2(KEPT_SINCE_MS - 1, KEPT_SINCE_MS + HOUR_MS - 1),
      "fromMillis",
    ],
    [
      "an agent that is all",
      segments('timeframe: 60, filter: { agentIds: ["1", "All"] }'),
      "filter.agentIds[1]",
      "v=1&timeframe=60&agentIds=1,All",
      "agentIds",
    ],
    [
      "a skill's id too long",
      segments(`timeframe: 60, filter: { skillIds: ["${LONG}"] }`),
      "filter.skillIds[0]",
      `v=1&timeframe=60&skillIds=${LONG}`,
      "skillIds",
    ],
    [
      "a control character in a group",
      segments('timeframe: 60, filter: { groupIds: ["\\n"] }'),
      "filter.groupIds[0]",
      "v=1&timeframe=60&groupIds=%0A",
      "groupIds",
    ],
    [
      "a source that is all",
      segments('timeframe: 60, filter: { sources: ["1", "all"] }'),
      "filter.sources[1]",
      "v=1&timeframe=60&source=1,all",
      "source",
    ],
    [
      "one of the agents to list",
      segments("timeframe: 60", 'agents(ids: ["\\u007F"]) { id }'),
      "ids[0]",
      "v=1&timeframe=60&agentIds=%7F",
      "agentIds",
    ],
    [
      "one of the skills to list",
      segments("timeframe: 60", 'skills(ids: ["2", "ALL"]) { id }'),
      "ids[1]",
      "v=1&timeframe=60&skillIds=2,ALL",
      "skillIds",
    ],
  ];

  for (const [fact, fields, name, restQuery, restName] of PAIRS) {
    test(fact, async () => {
      const answer = await ask(`{ account(id: "a") { ${fields} } }`);
      const rest = await gateway.get(`/operations/api/account/a/msgagentsegments?${restQuery}`);
      expect(rest.status).toBe(400);
      const [cause] = rest.body.causes as [string];
      expect(cause).toMatch(new RegExp(`^${restName}: `));
      expectBadInput(answer, [`${name}${cause.slice(restName.length)}`]);
    });
  }

  test("an account that is none", async () => {
    for (const id of ["", "a-b", "x".repeat(21), "x".repeat(5000), "\u0000"]) {
      const answer = await ask("query ($id: ID!) { account(id: $id) { id } }", { id });
      const cause = answer.body.errors[0].extensions.causes[0];
      expectBadInput(answer, [expect.stringMatching(/^id: expected 1 to 20 letters, digits or underscores, got /)]);
      if (id === "") continue;
      const rest = await gateway.get(`/operations/api/account/${encodeURIComponent(id)}/msgagentsegments?v=1&timeframe=60`);
      expect(rest.body.causes).toEqual([cause.replace(/^id/, "accountId")]);
    }
  });

  test("several at once are all named", async () => {
    const filter = 'filter: { agentIds: ["", "a,b"], skillIds: ["1"], groupIds: ["all"], sources: [","] }';
    const answer = await ask(`{ account(id: "a") { ${segments(`timeframe: 0, endingAt: "${iso(NOW_MS + 2 * HOUR_MS)}", ${filter}`)} } }`);
    const names = ["timeframe", "endingAt", "filter.agentIds[0]", "filter.agentIds[1]", "filter.groupIds[0]", "filter.sources[0]"];
    expectBadInput(
      answer,
      names.map((name) => expect.stringContaining(`${name}: `)),
    );
  });

  test("in one of two fields leaves the account, which cannot be without it, null", async () => {
    const answer = await ask(`{ account(id: "a") { a: ${segments("timeframe: 60")} b: ${segments("timeframe: 0")} } }`);
    expect([answer.status, answer.body.data]).toEqual([200, null]);
    expect(answer.body.errors[0].path).toEqual(["account", "b"]);
  });
});

describe("a window may", () => {
  const WINDOWS: readonly (readonly [string, string, number, number])[] = [
    ["end 60 s ahead", `timeframe: 60, endingAt: "${iso(NOW_MS + 60_000)}"`, NOW_MS + 60_000 - HOUR_MS, NOW_MS + 60_000],
    [
      "begin where what is kept begins",
      `timeframe: 60, endingAt: "${iso(KEPT_SINCE_MS + HOUR_MS)}"`,
      KEPT_SINCE_MS,
      KEPT_SINCE_MS + HOUR_MS,
    ],
    ["end now, if nothing is said", "timeframe: 1440", NOW_MS - 24 * HOUR_MS, NOW_MS],
    ["end now, if null is said", "timeframe: 1440, endingAt: null, filter: null", NOW_MS - 24 * HOUR_MS, NOW_MS],
    ["be said in another zone", 'timeframe: 1, endingAt: "2026-11-22T09:51:55.118+01:00"', NOW_MS - 60_000, NOW_MS],
  ];

  for (const [fact, args, startMs, endMs] of WINDOWS) {
    test(fact, async () => {
      const answer = await ask(`{ account(id: "a") { ${segments(args)} } }`);
      expect(answer.body).toEqual({ data: { account: { agentSegments: { start: iso(startMs), end: iso(endMs) } } } });
    });
  }
});

describe("what GraphQL itself refuses is a 400", () => {
  const hour = segments("timeframe: 60");
  const OPERATIONS: readonly (readonly [fact: string, code: string, body: object])[] = [
    ["no syntax", "GRAPHQL_PARSE_FAILED", { query: "{ account(" }],
    ["no operation", "BAD_REQUEST", { query: "" }],
    ["nothing at all", "BAD_REQUEST", {}],
    ["a query that is no text", "BAD_REQUEST", { query: 7 }],
    ["a list of operations", "BAD_REQUEST", [{ query: "{ __typename }" }]],
    ["an unknown operation name", "OPERATION_RESOLUTION_FAILURE", { query: "{ __typename }", operationName: "X" }],
    ["an unknown field", "GRAPHQL_VALIDATION_FAILED", { query: "{ account(id: 1) { agents { id } } }" }],
    ["an unknown argument", "GRAPHQL_VALIDATION_FAILED", { query: `{ account(id: 1) { ${segments("timeframe: 60, skillIds: []")} } }` }],
    ["a missing argument", "GRAPHQL_VALIDATION_FAILED", { query: "{ account(id: 1) { agentSegments { start } } }" }],
    [
      "an unknown user type",
      "GRAPHQL_VALIDATION_FAILED",
      { query: `{ account(id: 1) { ${segments("timeframe: 60, filter: { userType: human }")} } }` },
    ],
    [
      "a window longer than numbers go",
      "GRAPHQL_VALIDATION_FAILED",
      { query: `{ account(id: 1) { ${segments("timeframe: 9999999999")} } }` },
    ],
    [
      "an end that is no moment",
      "GRAPHQL_VALIDATION_FAILED",
      { query: `{ account(id: 1) { ${segments('timeframe: 60, endingAt: "now"')} } }` },
    ],
    ["a document without end", "GRAPHQL_PARSE_FAILED", { query: `{ account(id: 1) { ${hour} ${"a".repeat(10)} ${hour.repeat(2000)} } }` }],
    [
      "a document without bottom",
      "GRAPHQL_PARSE_FAILED",
      { query: `{ account(id: 1) { ${"agentSegments(timeframe: 1) { agents { skills {".repeat(10_000)}` },
    ],
    ...["now", "2026-11-22", "2026-02-30T00:00:00Z", "2026-11-22T08:51:55", 5, true, {}, []].map((endingAt): [string, string, object] => [
      `a variable that is no moment: ${JSON.stringify(endingAt)}`,
      "BAD_USER_INPUT",
      {
        query: "query ($end: DateTime) { account(id: 1) { agentSegments(timeframe: 60, endingAt: $end) { start } } }",
        variables: { end: endingAt },
      },
    ]),
    ["a mutation", "BAD_REQUEST", { query: "mutation { x }" }],
    ...[1.5, "60", null, 2 ** 31].map((timeframe): [string, string, object] => [
      `a variable that is no length: ${JSON.stringify(timeframe)}`,
      "BAD_USER_INPUT",
      {
        query: "query ($minutes: Int!) { account(id: 1) { agentSegments(timeframe: $minutes) { start } } }",
        variables: { minutes: timeframe },
      },
    ]),
  ];

  for (const [fact, code, body] of OPERATIONS) {
    test(fact, async () => {
      const answer = await post(body);
      expect(answer.status).toBe(400);
      expect(answer.headers.get("content-type")).toMatch(/^application\/(graphql-response\+)?json\b/);
      expect(answer.body.errors[0].extensions.code).toBe(code);
      expectNoTraces(answer);
    });
  }

  test("a nesting as deep as an operation may have is none of these", async () => {
    const answer = await ask(
      `{ account(id: 1) { agentSegments(timeframe: 60) { ${"agents { skills { ".repeat(4)} id ${"} ".repeat(8)} } } }`,
    );
    expect([answer.status, answer.body]).toEqual([200, { data: { account: { agentSegments: { agents: [] } } } }]);
  });

  test("a body that is not JSON, or of another type, is a problem like REST's", async () => {
    for (const [body, type, status] of [
      ["{", "application/json", 400],
      ["", "application/json", 400],
      ["{ __typename }", "application/graphql", 415],
      ["{}", "text/plain", 415],
    ] as const) {
      const answer = await post(body, type);
      expect([body, type, answer.status]).toEqual([body, type, status]);
      expectProblem(answer);
    }
  });
});

test("a GET answers, if it says that a browser has asked before", async () => {
  const parameters = new URLSearchParams({ query: "query ($id: ID!) { account(id: $id) { id } }", variables: '{"id":"a"}' });
  const path = `/graphql?${parameters.toString()}`;
  const refused = await gateway.get(path);
  expect([refused.status, refused.body.errors[0].extensions.code]).toEqual([400, "BAD_REQUEST"]);
  const response = await fetch(gateway.url + path, { headers: { "apollo-require-preflight": "1" } });
  expect([response.status, await response.json()]).toEqual([200, { data: { account: { id: "a" } } }]);
  expect(response.headers.get("server-timing")).toBe('engine;dur=0.000;desc="0 passes"');
});

test("fragments that unfold to billions of fields hold nobody up", async () => {
  const links = Array.from({ length: 40 }, (_, i) => {
    const [type, field] = i % 2 === 0 ? ["Skill", "agents"] : ["Agent", "skills"];
    return `fragment F${i} on ${type} { a: ${field} { ...F${i + 1} } b: ${field} { ...F${i + 1} } }`;
  });
  const query = `{ account(id: "a") { ${segments("timeframe: 60", "skills { ...F0 }")} } } ${links.join(" ")} fragment F40 on Skill { id }`;
  for (let i = 0; i < 3; i++) {
    expect((await ask(query)).body.errors[0].extensions).toMatchObject({ code: "TOO_EXPENSIVE", cost: 3_298_534_883_329, limit: 2_000 });
  }
});

test("what goes wrong on our side is told without detail, on either surface", async () => {
  for (const way of ["ask", "rollUp"] as const) {
    vi.spyOn(Engine.prototype, way).mockImplementation(() => {
      throw new Error("secret of lane 7");
    });
  }
  const graphql = await ask(`{ account(id: "a") { ${segments("timeframe: 60", "metrics { totalAgentConversationSegments }")} } }`);
  expect(graphql.body.errors).toEqual([
    {
      message: "internal error; it is in the gateway's log",
      locations: expect.anything(),
      path: expect.anything(),
      extensions: { code: "INTERNAL_SERVER_ERROR", requestId: graphql.headers.get("x-request-id") },
    },
  ]);
  const rest = await gateway.get("/operations/api/account/a/msgagentsegments?v=1&timeframe=60");
  expect([rest.status, rest.body.message]).toEqual([500, "internal error; it is in the gateway's log"]);
  expectProblem(rest);
});

function segments(args: string, fields = "start end"): string {
  return `agentSegments(${args}) { ${fields} }`;
}

function v2(fromMs: number, toMs: number): string {
  return `v=2&fromMillis=${fromMs}&toMillis=${toMs}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function expectBadInput(answer: TestAnswer, causes: readonly unknown[]): void {
  expect([answer.status, answer.body.data]).toEqual([200, null]);
  expect(answer.body.errors).toHaveLength(1);
  const [{ message, extensions }] = answer.body.errors;
  expect(extensions).toEqual({ code: "BAD_USER_INPUT", causes, requestId: answer.headers.get("x-request-id") });
  expect(message).toBe(`wrong arguments: ${extensions.causes.join("; ")}`);
  expectNoTraces(answer);
}

function expectNoTraces({ text }: TestAnswer): void {
  expect(text).not.toMatch(/stacktrace|node_modules|\.[jt]s:/);
}
