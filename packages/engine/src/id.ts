import { describe } from "./fault.ts";

/** Accounts are named in URLs and in file names, so their ids are plain words. Contract, section 1. */
const ACCOUNT_ID = /^[a-zA-Z0-9_]{1,20}$/;
const ID_LENGTH_MAX = 128;

/** @returns what is wrong with an account id, or null */
export function accountIdFault(value: unknown): string | null {
  if (typeof value === "string" && ACCOUNT_ID.test(value)) return null;
  return `expected 1 to 20 letters, digits or underscores, got ${describe(value)}`;
}

/**
 * Any id of an event: 1 to 128 characters (UTF-16 units), none of them a control character. Lone surrogates are refused as well:
 * they have no UTF-8 form, so two of them would become one id on disk.
 *
 * @returns what is wrong with it, or null
 */
export function idFault(value: unknown): string | null {
  if (typeof value !== "string") return `expected a string, got ${describe(value)}`;
  if (value === "") return "expected 1 to 128 characters, got none";
  if (value.length > ID_LENGTH_MAX) return `expected 1 to ${ID_LENGTH_MAX} characters, got ${value.length}`;
  if (hasControlCharacter(value)) return "expected no control characters";
  if (!value.isWellFormed()) return "expected well-formed Unicode";
  return null;
}

/** `\p{Cc}`, at half the cost of asking for it so: every id of every event is looked at. */
function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  }
  return false;
}

/**
 * An id that callers list in queries (agent, skill, group, source): lists are comma separated, and `all` means all.
 *
 * @returns what is wrong with it, or null
 */
export function listedIdFault(value: unknown): string | null {
  const fault = idFault(value);
  if (fault !== null) return fault;
  const id = value as string;
  if (id.includes(",")) return `expected no comma, got ${describe(id)}`;
  if (id.length === 3 && id.toLowerCase() === "all") return `expected an id, got ${describe(id)}, which stands for all of them`;
  return null;
}

const DIGITS = /^\d+$/;

/**
 * The order of ids in every answer: ids that are numbers first, by value; the rest by code unit. Of numbers the longer
 * comes later, so that no two of them tie: `2`, `02`, `10`, `007`.
 */
export function compareIds(a: string, b: string): number {
  const aIsNumber = DIGITS.test(a);
  if (aIsNumber !== DIGITS.test(b)) return aIsNumber ? -1 : 1;
  if (aIsNumber && a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
