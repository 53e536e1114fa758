import { GraphqlError, HttpError, ProtocolError, type GraphqlFault, type SegmeterError } from "./error.ts";

/**
 * The data of a GraphQL answer.
 *
 * @throws SegmeterError if it holds errors, or is none
 */
export function parseAnswer(body: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(body)) throw new ProtocolError("expected a GraphQL answer, got something else");
  const { data, errors } = body;
  if (Array.isArray(errors) && errors.length > 0) throw parseFaults(errors);
  if (!isRecord(data)) throw new ProtocolError("expected a GraphQL answer, got an object without data");
  return data;
}

/** Up to where a pushed answer knows everything; null from a gateway that does not say. */
export function positionOf(body: unknown): number | null {
  const extensions = isRecord(body) ? body["extensions"] : null;
  const position = isRecord(extensions) ? extensions["position"] : null;
  return typeof position === "number" ? position : null;
}

export function parseFaults(errors: readonly unknown[]): GraphqlError {
  return new GraphqlError(errors.map(parseFault));
}

/** Reads a response that is no success, be it GraphQL's or a problem's `{ message, causes }`. */
export async function parseFailure(response: Response): Promise<SegmeterError> {
  const body = parseJson(await response.text());
  if (isRecord(body) && Array.isArray(body["errors"]) && body["errors"].length > 0) return parseFaults(body["errors"]);
  const { message, causes } = isRecord(body) ? body : {};
  return new HttpError(
    response.status,
    typeof message === "string" ? message : `HTTP ${response.status} ${response.statusText}`.trim(),
    strings(causes),
    parseRetryAfter(response.headers.get("retry-after")),
  );
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseFault(error: unknown): GraphqlFault {
  const { message, path, extensions } = isRecord(error) ? error : {};
  const { code, causes } = isRecord(extensions) ? extensions : {};
  return {
    message: typeof message === "string" ? message : "the gateway gave no reason",
    code: typeof code === "string" ? code : null,
    causes: strings(causes),
    path: Array.isArray(path) ? path : null,
  };
}

/** Seconds; the gateway gives no dates. */
function parseRetryAfter(value: string | null): number | null {
  return value !== null && /^\d+$/.test(value) ? Number(value) * 1000 : null;
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
