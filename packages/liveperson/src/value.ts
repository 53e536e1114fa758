export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function objectIn(given: JsonObject, name: string): JsonObject {
  const value = own(given, name);
  return isObject(value) ? value : {};
}

/** The objects of a list; whatever else stands in it, and anything but a list, is nothing. */
export function listIn(given: JsonObject, name: string): JsonObject[] {
  const value = own(given, name);
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** How LivePerson writes that there is no value: `-1` as a skill or group, `"undefined"` and `"null"` as texts. */
const ABSENT = new Set(["", "undefined", "null", "-1"]);

/** A text, or a whole number as one: ids come as both. */
export function textIn(given: JsonObject, name: string): string | null {
  const value = own(given, name);
  const text = typeof value === "string" ? value : Number.isSafeInteger(value) ? String(value) : "";
  return ABSENT.has(text) ? null : text;
}

/** A word of a closed list, in upper case: services that write the same records differ in it. */
export function wordIn(given: JsonObject, name: string): string | null {
  return textIn(given, name)?.toUpperCase() ?? null;
}

/** @returns 0 or more; null for all else, such as the `-1` of an end that has not come */
export function countIn(given: JsonObject, name: string): number | null {
  const value = own(given, name);
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null;
}

/** UTC epoch ms. A moment at or before 1970 is none. */
export function momentIn(given: JsonObject, name: string): number | null {
  return countIn(given, name) || null;
}

/** What an object inherits is nobody's field. */
function own(given: JsonObject, name: string): unknown {
  return Object.hasOwn(given, name) ? given[name] : undefined;
}

export function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}
