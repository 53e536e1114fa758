const SHOWN_LENGTH_MAX = 60;

/** A value as a message shows it: JSON, cut to one short line. Of what holds others only its kind: it may be as deep as a body is long. */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "bigint" || typeof value === "symbol" || typeof value === "function") return typeof value;
  const text = JSON.stringify(value);
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
}

/** `expected one of A, B, C, got "x"` */
export function expectedOneOf(words: readonly string[], value: unknown): string {
  return `expected one of ${words.join(", ")}, got ${describe(value)}`;
}
