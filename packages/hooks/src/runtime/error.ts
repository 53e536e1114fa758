/** A fault as the gateway words it: the codes that it gives today, and whatever a later one may add. */
export type GraphqlErrorCode =
  | "BAD_REQUEST"
  | "BAD_USER_INPUT"
  | "FORBIDDEN"
  | "GRAPHQL_PARSE_FAILED"
  | "GRAPHQL_VALIDATION_FAILED"
  | "INTERNAL_SERVER_ERROR"
  | "MISDIRECTED"
  | "TOO_MANY_REQUESTS"
  | "TOO_MANY_SUBSCRIPTIONS"
  | "UNAUTHENTICATED"
  | "UNAVAILABLE"
  | (string & {});

export interface GraphqlFault {
  readonly message: string;
  readonly code: GraphqlErrorCode | null;
  /** One for every wrong argument, named first: `"timeframe: must be 1 to 1440, got 0"`. */
  readonly causes: readonly string[];
  /** Where in the answer; null if the operation as a whole was refused. */
  readonly path: readonly (string | number)[] | null;
}

/** The gateway understood the request and refused it, or failed to answer it. */
export class GraphqlError extends Error {
  override readonly name = "GraphqlError";
  readonly kind = "graphql";
  readonly code: GraphqlErrorCode | null;
  readonly causes: readonly string[];
  readonly faults: readonly GraphqlFault[];

  /** @param faults at least one; the first gives the code */
  constructor(faults: readonly GraphqlFault[]) {
    super(faults.map(({ message }) => message).join("; "));
    this.code = faults[0]!.code;
    this.causes = faults.flatMap(({ causes }) => causes);
    this.faults = faults;
  }
}

/** An HTTP status without a GraphQL answer: a gateway that is starting, a limit, a proxy in between. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly kind = "http";
  readonly status: number;
  readonly causes: readonly string[];
  /** How long the gateway asks to wait, from `Retry-After`. */
  readonly retryAfterMs: number | null;

  constructor(status: number, message: string, causes: readonly string[], retryAfterMs: number | null) {
    super(message);
    this.status = status;
    this.causes = causes;
    this.retryAfterMs = retryAfterMs;
  }
}

/** No answer came: no network, no server, a connection that broke, or a token that could not be had. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
  readonly kind = "network";
}

/** Nothing came in the time allowed. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
  readonly kind = "timeout";
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
    this.timeoutMs = timeoutMs;
  }
}

/** What came is no GraphQL answer: there is something else at the URL. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly kind = "protocol";
}

/** Everything that a hook can fail with. `kind` tells which. */
export type SegmeterError = GraphqlError | HttpError | NetworkError | TimeoutError | ProtocolError;

export function isSegmeterError(error: unknown): error is SegmeterError {
  return [GraphqlError, HttpError, NetworkError, TimeoutError, ProtocolError].some((type) => error instanceof type);
}

const RETRYABLE_CODES: ReadonlySet<GraphqlErrorCode | null> = new Set([
  "INTERNAL_SERVER_ERROR",
  "TOO_MANY_REQUESTS",
  "TOO_MANY_SUBSCRIPTIONS",
  "UNAVAILABLE",
]);
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** Whether the same request may succeed later, without anybody changing it. */
export function isRetryable(error: SegmeterError): boolean {
  switch (error.kind) {
    case "network":
    case "timeout":
      return true;
    case "http":
      return RETRYABLE_STATUSES.has(error.status);
    case "graphql":
      return RETRYABLE_CODES.has(error.code);
    case "protocol":
      return false;
    default:
      return error satisfies never;
  }
}

/** Whether what failed is that the gateway is not as far as the position that was named. */
export function isBehind(error: SegmeterError): boolean {
  return "causes" in error && error.causes.some((cause) => cause.startsWith("segmeter-position: "));
}
