import { gzipSync } from "node:zlib";
import { METRIC_NAMES, type ConversationEvent } from "@segmeter/engine";
import * as fc from "fast-check";
import { eventLogArbitrary, ID_POOLS } from "./log-arbitrary.ts";

/** A request as it goes over the wire. */
export interface RawRequest {
  readonly method: string;
  /** Path and query, as they are sent. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
}

/**
 * Requests that are nearly right: made by the rules, then bent in one place or a few, so that they get past the first check
 * and into the next. Many are right.
 */
export interface RequestGrammars {
  readonly ingest: fc.Arbitrary<RawRequest>;
  readonly rest: fc.Arbitrary<RawRequest>;
  readonly graphql: fc.Arbitrary<RawRequest>;
}

export function requestGrammars(accountId: string): RequestGrammars {
  return { ingest: ingestArbitrary(accountId), rest: restArbitrary(accountId), graphql: graphqlArbitrary(accountId) };
}

/** Names that objects inherit, ids that look like numbers, and what strings are seldom made of. */
const ODD_WORDS = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "length",
  "0",
  "-1",
  "00",
  "1e3",
  "NaN",
  "null",
  "all",
  "ALL",
  "a,b",
  "",
  " ",
  "\u0000",
  "a\nb",
  "a\r\nb: c",
  "\u2028",
  "\uFEFF",
  "\u202E",
  "💬",
  "é",
  "é",
  "x".repeat(128),
  "x".repeat(129),
  "../..",
  "%",
  "${7*7}",
  "' OR 1=1 --",
];
const oddWord = fc.oneof(fc.constantFrom(...ODD_WORDS), fc.string({ unit: "binary", maxLength: 6 }));

/** JSON that is not what was expected, some of it beyond what `JSON.stringify` writes. */
const ODD_JSON = [
  "null",
  "true",
  "0",
  "-0",
  "-1",
  "0.5",
  "1e400",
  "-1e400",
  "1e308",
  "9007199254740991",
  "9007199254740992",
  "9007199254740993",
  "123456789012345678901234567890",
  "9".repeat(5_000),
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"1763801515118"',
  "[]",
  "{}",
  "[[[[]]]]",
  '{"__proto__":{"eventId":"1"}}',
  '{"toString":1}',
  '["a"]',
  '{"length":3}',
];
const oddJson = fc.oneof(
  fc.constantFrom(...ODD_JSON),
  oddWord.map((word) => JSON.stringify(word)),
);

const FIELDS = [
  "eventId",
  "conversationId",
  "at",
  "sequence",
  "type",
  "agentId",
  "groupId",
  "userType",
  "skillId",
  "takeover",
  "reason",
  "sentBy",
  "closedBy",
  "source",
];

/** One event as JSON, bent or not. */
const BEND = fc.oneof(
  { weight: 12, arbitrary: fc.constant((text: string) => text) },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom(...FIELDS), oddJson).map(([field, json]) => (text: string) => {
      const event = JSON.parse(text) as Record<string, unknown>;
      delete event[field];
      const rest = JSON.stringify(event).slice(1, -1);
      return `{${rest}${rest === "" ? "" : ","}${JSON.stringify(field)}:${json}}`;
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...FIELDS).map((field) => (text: string) => {
      const { [field]: _, ...rest } = JSON.parse(text) as Record<string, unknown>;
      return JSON.stringify(rest);
    }),
  },
  // The same name twice: the last one counts.
  {
    weight: 2,
    arbitrary: fc.tuple(fc.oneof(fc.constantFrom(...FIELDS), oddWord), oddJson).map(
      ([name, json]) =>
        (text: string) =>
          `{${JSON.stringify(name)}:${json},${text.slice(1)}`,
    ),
  },
  { weight: 1, arbitrary: oddJson.map((json) => () => json) },
);

type BendBytes = (bytes: Buffer) => Buffer;
const same: BendBytes = (bytes) => bytes;

/** A body's bytes, bent or not. */
const BEND_BYTES: fc.Arbitrary<BendBytes> = fc.oneof(
  { weight: 16, arbitrary: fc.constant(same) },
  { weight: 1, arbitrary: fc.constant<BendBytes>((bytes) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes])) },
  {
    weight: 1,
    arbitrary: fc.nat().map(
      (at): BendBytes =>
        (bytes) =>
          bytes.subarray(0, at % (bytes.length + 1)),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(), fc.constantFrom(0x00, 0x80, 0xc0, 0xff, 0x22, 0x5c, 0x7b, 0x0a))
      .map(([at, byte]): BendBytes => (bytes) => {
        const place = at % (bytes.length + 1);
        return Buffer.concat([bytes.subarray(0, place), Buffer.from([byte]), bytes.subarray(place)]);
      }),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(), fc.nat(255)).map(([at, byte]): BendBytes => (bytes) => {
      const changed = Buffer.from(bytes);
      if (changed.length > 0) changed[at % changed.length] = byte;
      return changed;
    }),
  },
);

/** Deep, long, or packed: rarely, for what they cost. */
const MONSTERS: readonly Buffer[] = [
  Buffer.from("[".repeat(100_000)),
  Buffer.from(`${"[".repeat(100_000)}${"]".repeat(100_000)}`),
  Buffer.from('{"a":'.repeat(50_000)),
  Buffer.from(`[${'{"eventId":'.repeat(20_000)}1${"}".repeat(20_000)}]`),
  Buffer.from(`[${"1,".repeat(20_000)}1]`),
  Buffer.from(`[${"9".repeat(200_000)}]`),
  Buffer.from(`"${"\\u0000".repeat(30_000)}"`),
  Buffer.from("\n".repeat(100_000)),
  Buffer.alloc(100_000),
];
const ZIP_BOMB = gzipSync(Buffer.alloc(20 * 1024 * 1024, "[]"));

interface Coding {
  readonly headers: Readonly<Record<string, string>>;
  readonly to: (bytes: Buffer) => Buffer;
}

const CODINGS: fc.Arbitrary<Coding> = fc.oneof(
  { weight: 30, arbitrary: fc.constant<Coding>({ headers: {}, to: same }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Coding>(
      { headers: { "content-encoding": "gzip" }, to: () => ZIP_BOMB },
      { headers: { "content-encoding": "gzip" }, to: (bytes) => gzipSync(bytes) },
      { headers: { "content-encoding": "deflate, gzip" }, to: same },
      { headers: { "content-encoding": "br" }, to: same },
      { headers: { "content-encoding": "identity" }, to: same },
      { headers: { "content-encoding": "__proto__" }, to: same },
    ),
  },
);

const jsonType = fc.oneof(
  { weight: 20, arbitrary: fc.constant("application/json") },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "application/json; charset=utf-8",
      "application/json; charset=utf-16",
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/x-ndjson",
      "application/graphql",
      ";",
      "__proto__",
    ),
  },
);

function ingestArbitrary(accountId: string): fc.Arbitrary<RawRequest> {
  const right = fc.record({
    log: eventLogArbitrary({ conversationCountMax: 2 }),
    bends: fc.array(BEND, { minLength: 1, maxLength: 5 }),
    asLines: fc.boolean(),
    bend: BEND_BYTES,
    coding: CODINGS,
    type: jsonType,
  });
  const made = right.map(({ log, bends, asLines, bend, coding, type }) => {
    const texts = log.map((event: ConversationEvent, i) => bends[i % bends.length]!(JSON.stringify(event)));
    const text = asLines ? texts.join("\n") : `[${texts.join(",")}]`;
    return { type: asLines && type === "application/json" ? "application/x-ndjson" : type, coding, bytes: bend(Buffer.from(text)) };
  });
  const monstrous = fc.record({
    bytes: fc.constantFrom(...MONSTERS),
    type: fc.constantFrom("application/json", "application/x-ndjson"),
    coding: CODINGS,
  });
  const body = fc.oneof({ weight: 80, arbitrary: made }, { weight: 1, arbitrary: monstrous });
  return fc.tuple(accountPath(accountId), body, oddHeaders).map(([account, { type, coding, bytes }, headers]) => ({
    method: "POST",
    path: `/v1/accounts/${account}/events`,
    headers: { ...headers, "content-type": type, ...coding.headers },
    body: coding.to(bytes),
  }));
}

/** Mostly right, and as it is sent. */
function accountPath(accountId: string): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 30, arbitrary: fc.constant(accountId) },
    { weight: 1, arbitrary: fc.constantFrom("__proto__", "%00", "%0a", "%ff", "%", "..", "a%2fb", "x".repeat(2_000), "%f0%9f%92%ac", "") },
  );
}

const oddHeaders: fc.Arbitrary<Readonly<Record<string, string>>> = fc.oneof(
  { weight: 20, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Readonly<Record<string, string>>>(
      { "x-long": "x".repeat(12_000) },
      { accept: "text/html" },
      { accept: "__proto__" },
      { "accept-encoding": "gzip;q=0, br;q=1.5, *;q=" },
      { cookie: "__proto__=1; segmeter_session=%zz; =; ;" },
      { "if-none-match": '"x", W/"y", *' },
      { origin: "null" },
      { "x-forwarded-for": "1.2.3.4, ::1, x" },
      { expect: "100-continue" },
      { "x-request-id": "a b" },
    ),
  },
);

const id = fc.oneof(fc.constantFrom(...ID_POOLS.agents, ...ID_POOLS.skills), oddWord);
const ids = fc.oneof(
  { weight: 6, arbitrary: fc.array(id, { minLength: 1, maxLength: 5 }).map((list) => list.join(",")) },
  { weight: 3, arbitrary: fc.constant("all") },
  { weight: 1, arbitrary: fc.constantFrom(",", ",,", "a,,b", "x,".repeat(1_500), "") },
);
const number = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("1", "5", "15", "60", "720", "1440") },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "0",
      "-1",
      "1441",
      "1e3",
      "0x10",
      "1.0",
      " 60",
      "60 ",
      "９",
      "",
      "NaN",
      "Infinity",
      "9".repeat(400),
      "9007199254740993",
      "4,5",
    ),
  },
);
const LAST_MS = 1_763_856_000_000;

const RIGHT_PARAMETERS = fc.record(
  {
    interval: number,
    agentIds: ids,
    skillIds: ids,
    groupIds: ids,
    source: ids,
    userType: fc.constantFrom("all", "human", "bot", "HUMAN", "robot", "", "__proto__"),
    metrics: fc.oneof(
      fc.subarray([...METRIC_NAMES], { minLength: 1 }).map((names) => names.join(",")),
      fc.constantFrom("all", "none", "__proto__", "constructor,toString", ","),
    ),
  },
  { requiredKeys: [] },
);
const WINDOWS = fc.oneof(
  { weight: 4, arbitrary: number.map((timeframe) => ({ v: "1", timeframe })) },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom(5, 60, 720, 1440), fc.nat(1_500)).map(([minutes, before]) => {
      const toMillis = LAST_MS - before * 60_000;
      return { v: "2", fromMillis: String(toMillis - minutes * 60_000), toMillis: String(toMillis) };
    }),
  },
  { weight: 1, arbitrary: fc.record({ v: number, timeframe: number, fromMillis: number, toMillis: number }, { requiredKeys: [] }) },
);

function restArbitrary(accountId: string): fc.Arbitrary<RawRequest> {
  const extra = fc.oneof(
    { weight: 12, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.tuple(oddWord, oddWord), { maxLength: 3 }) },
  );
  const parameters = fc
    .tuple(WINDOWS, RIGHT_PARAMETERS, extra)
    .map(([window, right, odd]): [string, string][] => Object.entries(Object.assign({}, window, right)).concat(odd));
  const asQuery = fc.tuple(parameters, fc.constantFrom(encodeURIComponent, encodeURIComponent, encodeURIComponent, encodeBadly));
  const get = asQuery.map(([pairs, encode]) => ({
    query: pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&"),
    body: null,
  }));
  const post = fc.tuple(parameters, fc.option(fc.tuple(oddWord, oddJson), { freq: 4 }), BEND_BYTES).map(([pairs, odd, bend]) => {
    const members = pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
    if (odd !== null) members.push(`${JSON.stringify(odd[0])}:${odd[1]}`);
    return { query: "", body: bend(Buffer.from(`{${members.join(",")}}`)) };
  });
  const monstrous = fc.constantFrom(...MONSTERS).map((body) => ({ query: "", body }));
  const asked = fc.oneof({ weight: 60, arbitrary: get }, { weight: 30, arbitrary: post }, { weight: 1, arbitrary: monstrous });
  return fc
    .tuple(accountPath(accountId), asked, jsonType, CODINGS, oddHeaders)
    .map(([account, { query, body }, type, coding, headers]) => ({
      method: body === null ? "GET" : "POST",
      path: `/operations/api/account/${account}/msgagentsegments${query === "" ? "" : `?${query}`}`,
      headers: body === null ? headers : { ...headers, "content-type": type, ...coding.headers },
      body: body === null ? null : coding.to(body),
    }));
}

/** What may stand in a request line, and need not be UTF-8 once it is decoded. */
function encodeBadly(text: string): string {
  return text.replaceAll(/[^\w,-]/gu, "%ff");
}

const FIELD_NAMES = ["agents", "skills", "intervals"] as const;

const metricSelection = fc
  .tuple(fc.subarray([...METRIC_NAMES], { minLength: 1, maxLength: 4 }), fc.constantFrom("", "", "", "__typename", "nothing"))
  .map(([names, odd]) => `metrics { ${names.join(" ")} ${odd} }`);
const alias = fc.constantFrom("", "", "", "", "a: ", "b: ", "__x: ", "constructor: ", "toString: ");
const argument = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("", '(ids: ["1", "2"])', "(minutes: 60)", "(minutes: 5)", "(ids: [])", "(ids: null)") },
  {
    weight: 2,
    arbitrary: fc.oneof(
      fc.constantFrom(
        "(ids: $ids)",
        "(minutes: $minutes)",
        '(ids: "1")',
        "(ids: [1, 2.5])",
        "(minutes: 0)",
        "(minutes: 1e9)",
        "(minutes: 7)",
        "(ids: {})",
        "(x: 1)",
        '(minutes: "5")',
      ),
      oddWord.map((word) => `(ids: [${JSON.stringify(word)}])`),
    ),
  },
);
const directive = fc.constantFrom(
  "",
  "",
  "",
  "",
  " @skip(if: $flag)",
  " @include(if: true)",
  " @include(if: false)",
  " @skip",
  " @nothing",
  " @defer",
);

/** A selection of what has parts, some levels deep. */
const selection: fc.Arbitrary<string> = fc.letrec<{ level: string; part: string }>((tie) => ({
  level: fc
    .array(fc.oneof({ depthSize: "small", withCrossShrink: true }, metricSelection, tie("part")), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join(" ")),
  part: fc
    .tuple(alias, fc.constantFrom(...FIELD_NAMES), argument, directive, tie("level"))
    .map(([named, field, argumentText, directives, inner]) => {
      const given =
        field === "intervals"
          ? argumentText.startsWith("(minutes")
            ? argumentText
            : "(minutes: 60)"
          : argumentText.startsWith("(ids")
            ? argumentText
            : "";
      return `${named}${field}${given}${directives} { ${field === "intervals" ? "start" : "id"} ${inner} }`;
    }),
})).level;

const DOCUMENT_TAILS = [
  "",
  "",
  "",
  "",
  " fragment F on AgentSegments { ...F }",
  " fragment F on Nothing { id }",
  " }",
  " {",
  " #",
  "\uFEFF",
  " query Other { __typename }",
  " { __typename }",
];
const VARIABLES = fc.oneof(
  { weight: 6, arbitrary: fc.constant('{"ids":["1"],"minutes":60,"flag":false}') },
  {
    weight: 2,
    arbitrary: fc.tuple(oddJson, oddJson, oddJson).map(([first, second, third]) => `{"ids":${first},"minutes":${second},"flag":${third}}`),
  },
  { weight: 1, arbitrary: oddJson },
);

const WHOLE_DOCUMENTS = [
  "{ __schema { types { name fields { name type { name ofType { name } } } } } }",
  "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
  "{ __typename ".concat("__typename ".repeat(1_500), "}"),
  `{ ${'account(id: "a") { id } '.repeat(180)} }`,
  `{ ${Array.from({ length: 300 }, (_, i) => `a${i}: __typename`).join(" ")} }`,
  `{ account(id: "a") { ${"agentSegments(timeframe: 5) { ".repeat(200)} start ${"} ".repeat(200)} } }`,
  `{ ...F0 } ${Array.from({ length: 100 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(" ")} fragment F100 on Query { __typename }`,
  `query (${Array.from({ length: 300 }, (_, i) => `$v${i}: Int`).join(" ")}) { __typename }`,
  "{".repeat(10_000),
  `{ account(id: ${"[".repeat(1_500)}`,
  `{ account(id: "${"x".repeat(50_000)}") { id } }`,
  "mutation { x }",
  'subscription { agentSegments(accountId: "a", timeframe: 5) { start } }',
  "",
  "query",
  "#".repeat(100_000),
  '"""',
  "{ account(id: 99999999999999999999999999) { id } }",
  '{ account(id: "\\uD800") { id } }',
  '{ account(id: "\\u{110000}") { id } }',
];

function graphqlArbitrary(accountId: string): fc.Arbitrary<RawRequest> {
  const written = fc
    .tuple(
      fc.oneof({ weight: 12, arbitrary: fc.constant(accountId) }, { weight: 1, arbitrary: oddWord }),
      fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom(5, 60, 720, 1440) },
        { weight: 1, arbitrary: fc.constantFrom(0, -1, 1441, 2 ** 31, 2 ** 53) },
      ),
      fc.constantFrom(
        "",
        `, endingAt: "${new Date(LAST_MS).toISOString()}"`,
        `, endingAt: "2026-13-45T99:00:00Z"`,
        ", endingAt: 5",
        ", filter: { userType: BOT }",
        ', filter: { agentIds: ["__proto__", "1"] }',
        ", filter: { agentIds: $ids }",
        ", filter: null",
      ),
      selection,
      fc.constantFrom(...DOCUMENT_TAILS),
    )
    .map(
      ([account, timeframe, rest, fields, tail]) =>
        `query Q($ids: [ID!], $minutes: Int! = 60, $flag: Boolean! = false) { account(id: ${JSON.stringify(account)}) { agentSegments(timeframe: ${timeframe}${rest}) { start ${fields} } } }${tail}`,
    );
  const document = fc.oneof({ weight: 25, arbitrary: written }, { weight: 1, arbitrary: fc.constantFrom(...WHOLE_DOCUMENTS) });
  const right = fc
    .tuple(
      document,
      VARIABLES,
      fc.constantFrom(
        "",
        "",
        "",
        ',"operationName":"Q"',
        ',"operationName":"Nobody"',
        ',"operationName":{}',
        ',"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}',
        ',"extensions":null',
        ',"query":"{__typename}"',
        ',"__proto__":{"query":"{__typename}"}',
      ),
      BEND_BYTES,
      fc.nat(40),
    )
    .map(([query, variables, extra, bend, batch]) => {
      const text = `{"query":${JSON.stringify(query)},"variables":${variables}${extra}}`;
      return bend(Buffer.from(batch === 0 ? `[${text},${text}]` : text));
    });
  const posted = fc
    .tuple(fc.oneof({ weight: 100, arbitrary: right }, { weight: 1, arbitrary: fc.constantFrom(...MONSTERS) }), jsonType, CODINGS)
    .map(([body, type, coding]) => ({
      method: "POST",
      path: "/graphql",
      headers: { "content-type": type, ...coding.headers },
      body: coding.to(body),
    }));
  const got = fc
    .tuple(document, VARIABLES, fc.constantFrom(encodeURIComponent, encodeURIComponent, encodeBadly))
    .map(([query, variables, encode]) => ({
      method: "GET",
      path: `/graphql?query=${encode(query.slice(0, 4_000))}&variables=${encode(variables.slice(0, 2_000))}`,
      headers: { "apollo-require-preflight": "1" } as Readonly<Record<string, string>>,
      body: null,
    }));
  return fc
    .tuple(fc.oneof({ weight: 8, arbitrary: posted }, { weight: 1, arbitrary: got }), oddHeaders)
    .map(([{ method, path, body, headers }, odd]) => ({ method, path, body, headers: Object.assign({}, odd, headers) }));
}
