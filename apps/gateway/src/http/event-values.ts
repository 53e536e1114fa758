import { describe } from "@segmeter/engine";
import { HttpProblem } from "./problem.ts";

/** Read at once: a millisecond or two. */
const PIECE_CHARS = 128 * 1024;
/** Of one event: what is longer is none, and could only be read in one go. */
export const EVENT_CHARS_MAX = 1024 * 1024;

/**
 * Reads the values of a body piece by piece, so that whoever takes them can let others have a turn in between.
 *
 * @throws HttpProblem at what is not JSON, or no array; what came before it has been given by then
 */
export type ReadValues = (bytes: Buffer) => Iterable<unknown[]>;

/** How the text of each content type is read. */
export const READERS: Readonly<Record<string, ReadValues>> = {
  "application/json": (bytes) => readArray(toText(bytes)),
  "application/x-ndjson": (bytes) => readLines(toText(bytes)),
};

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** @returns the text without a byte order mark */
function toText(bytes: Buffer): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw unparsable("expected UTF-8");
  }
}

function* readLines(text: string): Generator<unknown[]> {
  let values: unknown[] = [];
  let [lineNumber, givenEnd] = [0, 0];
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    lineNumber += 1;
    if (end - start > EVENT_CHARS_MAX) throw tooLong(`line ${lineNumber}`);
    const line = text.slice(start, end);
    if (line.trim() !== "") values.push(parseJson(line, `line ${lineNumber}`));
    start = end + 1;
    if (start - givenEnd < PIECE_CHARS) continue;
    yield values;
    [values, givenEnd] = [[], start];
  }
  yield values;
}

/**
 * Parses the elements of an array some at a time: between commas that stand in no element, JSON can be cut. What is cut so
 * is an array if, and only if, each part is one between brackets of its own; but for nothing at all behind a comma.
 */
function* readArray(text: string): Generator<unknown[]> {
  // Short ones are parsed whole.
  if (text.length <= PIECE_CHARS) {
    yield toArray(parseJson(text, "the body"));
    return;
  }
  const open = text.search(NO_SPACE);
  if (text[open] !== "[") throw unparsable("expected a JSON array of events");
  let start = open + 1;
  for (const end of cutsOf(text, start)) {
    const part = text.slice(start, end);
    const isLast = text[end] === "]";
    if (isLast && !NO_SPACE.test(part) && start > open + 1) throw unparsable("the body is not JSON: nothing follows its last comma");
    yield toArray(parseJson(`[${part}]`, `the body, from its character ${start} to ${end},`));
    start = end + 1;
  }
  if (NO_SPACE.test(text.slice(start))) throw unparsable(`the body is not JSON: something follows its array, at its character ${start}`);
}

/** JSON's own idea of space. */
const NO_SPACE = /[^ \t\n\r]/;
const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Where an array can be cut: at commas about `PIECE_CHARS` from one another, and at last at its closing bracket.
 *
 * @param start behind its opening bracket
 */
function* cutsOf(text: string, start: number): Generator<number> {
  let [depth, lastComma, cutAt] = [0, start, start];
  for (let at = start; at < text.length; at++) {
    if (at - lastComma > EVENT_CHARS_MAX) throw tooLong("an event");
    const char = text.charCodeAt(at);
    if (char === QUOTE) at = endOfString(text, at);
    else if (char === OPEN_BRACKET || char === OPEN_BRACE) depth += 1;
    else if ((char === CLOSE_BRACKET || char === CLOSE_BRACE) && --depth < 0) {
      if (char === CLOSE_BRACE) break;
      return yield at;
    } else if (char === COMMA && depth === 0) {
      lastComma = at;
      if (at - cutAt >= PIECE_CHARS) yield (cutAt = at);
    }
  }
  throw unparsable("the body is not JSON: its array does not end");
}

/** @returns where its closing quote is; somewhere behind if that is further than an event may be long */
function endOfString(text: string, start: number): number {
  const last = start + EVENT_CHARS_MAX;
  let at = text.indexOf('"', start + 1);
  while (at !== -1 && at <= last) {
    let backslashCount = 0;
    while (text.charCodeAt(at - 1 - backslashCount) === BACKSLASH) backslashCount += 1;
    if (backslashCount % 2 === 0) return at;
    at = text.indexOf('"', at + 1);
  }
  return at === -1 ? text.length : last;
}

function toArray(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw unparsable(`expected a JSON array of events, got ${describe(value)}`);
  return value;
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unparsable(`${where} is not JSON: ${(error as SyntaxError).message}`);
  }
}

function tooLong(what: string): HttpProblem {
  return unparsable(`${what} is longer than the ${EVENT_CHARS_MAX} characters that an event may have`);
}

export function unparsable(why: string): HttpProblem {
  return new HttpProblem(400, "the body cannot be parsed; none of it was taken", [`body: ${why}`]);
}
