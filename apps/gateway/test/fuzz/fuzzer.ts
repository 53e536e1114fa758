import { Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { parseEvent, type ConversationEvent, type Query } from "@segmeter/engine";
import { referenceAnswer, referenceSegments } from "@segmeter/reference";
import { queryArbitrary, requestGrammars, type RawRequest, type RequestGrammars } from "@segmeter/testkit";
import * as fc from "fast-check";
import { graphqlDoor, restDoor } from "../doors.ts";
import type { TestAsker } from "../test-gateway.ts";

export const REQUESTS_A_ROUND = 60;
const QUERIES_A_ROUND = 2;
/** A request that takes longer hangs; generous, since the machine may have much else to do. */
const HANGS_MS = 20_000;
const DOORS = [restDoor("GET"), restDoor("POST"), graphqlDoor];

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface FuzzCounts {
  /** How often each status came. */
  readonly statuses: Map<number, number>;
  /** Answers that were held against the reference. */
  comparedCount: number;
  acceptedEventCount: number;
}

/** Puts requests of the grammars to a gateway, and says what it should not have done. */
export class Fuzzer {
  readonly counts: FuzzCounts = { statuses: new Map(), comparedCount: 0, acceptedEventCount: 0 };
  readonly #asker: TestAsker;
  readonly #url: URL;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(url: string, asker: TestAsker) {
    this.#url = new URL(url);
    this.#asker = asker;
  }

  close(): void {
    this.#agent.destroy();
  }

  /**
   * One round on an account of its own: its requests one after another, and then its numbers against the reference's over
   * what the gateway said to have taken.
   *
   * @throws Error that names the seed and the request
   */
  async round(door: keyof RequestGrammars, seed: number): Promise<void> {
    const accountId = `${door}_${seed}`.slice(0, 20);
    const grammars = requestGrammars(accountId);
    const taken: ConversationEvent[] = [];
    // Of the doors that read, a little is ingested first, so that there is something to answer.
    if (door !== "ingest") for (const request of sample(grammars.ingest, seed, 4)) await this.#send(request, accountId, seed, taken);
    for (const request of sample(grammars[door], seed, REQUESTS_A_ROUND)) await this.#send(request, accountId, seed, taken);
    await this.#compare(accountId, taken, seed);
  }

  async #send(request: RawRequest, accountId: string, seed: number, taken: ConversationEvent[]): Promise<void> {
    const answer = await this.#ask(request).catch((error: unknown) => {
      throw new Error(`seed ${seed}: ${describe(request)} was not answered: ${String(error)}`, { cause: error });
    });
    const { status, headers } = answer;
    this.counts.statuses.set(status, (this.counts.statuses.get(status) ?? 0) + 1);
    if (status >= 500 && !(status === 503 && headers["retry-after"] !== undefined)) {
      throw new Error(`seed ${seed}: ${describe(request)} was answered ${status} ${answer.body.toString()}`);
    }
    if (request.path === `/v1/accounts/${accountId}/events` && status === 200) taken.push(...this.#takenOf(request, answer));
  }

  /** What was sent without what was rejected. */
  #takenOf({ headers, body }: RawRequest, answer: RawAnswer): ConversationEvent[] {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body!);
    const isLines = headers["content-type"]!.startsWith("application/x-ndjson");
    const values = isLines
      ? text.split("\n").flatMap((line): unknown[] => (line.trim() === "" ? [] : [JSON.parse(line)]))
      : (JSON.parse(text) as unknown[]);
    const { accepted, duplicates, rejected } = JSON.parse(answer.body.toString()) as {
      accepted: number;
      duplicates: number;
      rejected: { index: number }[];
    };
    if (accepted + duplicates + rejected.length !== values.length)
      throw new Error(`${values.length} events sent, ${answer.body.toString()}`);
    this.counts.acceptedEventCount += accepted;
    const isRejected = new Set(rejected.map(({ index }) => index));
    return values.flatMap((value, i) => {
      if (isRejected.has(i)) return [];
      const parsed = parseEvent(value, Date.now());
      if (!parsed.ok) throw new Error(`an event was taken that is none: ${parsed.message}`);
      return [parsed.event];
    });
  }

  async #compare(accountId: string, taken: readonly ConversationEvent[], seed: number): Promise<void> {
    const segments = referenceSegments(taken);
    for (const query of sample(queryArbitrary({ log: taken }), seed, QUERIES_A_ROUND)) {
      if (query.window.endMs > Date.now()) continue;
      for (const door of DOORS) {
        if (!door.canAsk(query)) continue;
        const [cells] = await door.ask(this.#asker, accountId, [query]);
        assertEqual(cells, referenceAnswer(segments, query), `seed ${seed}: ${door.name} differs from the reference on`, query);
        this.counts.comparedCount += 1;
      }
    }
  }

  #ask({ method, path, headers, body }: RawRequest): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = this.#url;
      const length = body === null ? {} : { "content-length": String(body.length) };
      const sent = httpRequest(
        { agent: this.#agent, hostname, port, method, path, headers: { ...headers, ...length }, timeout: HANGS_MS },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }));
        },
      );
      sent.on("timeout", () => sent.destroy(new Error(`no answer within ${HANGS_MS} ms`)));
      sent.on("error", reject);
      sent.end(body ?? undefined);
    });
  }
}

function sample<Value>(arbitrary: fc.Arbitrary<Value>, seed: number, numRuns: number): Value[] {
  return fc.sample(arbitrary, { seed, numRuns });
}

function assertEqual(found: unknown, expected: unknown, message: string, query: Query): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${message} ${JSON.stringify(query)}: ${left} instead of ${right}`);
}

function describe({ method, path, headers, body }: RawRequest): string {
  return `${method} ${path.slice(0, 1_000)} ${JSON.stringify(headers)} ${JSON.stringify(body?.subarray(0, 4_000).toString("latin1"))}`;
}
