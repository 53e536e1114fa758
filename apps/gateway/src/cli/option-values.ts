import { accountIdFault, listedIdFault } from "@segmeter/engine";
import { InvalidArgumentError } from "commander";
import { SCOPES, type Scope } from "../access/caller.ts";

const DAY_MS = 24 * 60 * 60_000;

// Each reads the value of an option, and says what was expected.

export function toAccountId(text: string): string {
  const fault = accountIdFault(text);
  if (fault !== null) throw new InvalidArgumentError(fault);
  return text;
}

export function toName(text: string): string {
  if (!/^\P{Cc}{1,100}$/u.test(text)) throw new InvalidArgumentError("expected 1 to 100 characters, none of them a control character");
  return text;
}

export function toClaim(text: string): string {
  if (text.length < 1 || text.length > 1_000) throw new InvalidArgumentError("expected 1 to 1000 characters");
  return text;
}

export function toScope(text: string): Scope {
  const scope = SCOPES.find((word) => word === text);
  if (scope === undefined) throw new InvalidArgumentError(`expected one of ${SCOPES.join(", ")}`);
  return scope;
}

export function toIds(text: string): string[] {
  const ids = text.split(",");
  const fault = ids.map(listedIdFault).find((found) => found !== null);
  if (fault !== undefined) throw new InvalidArgumentError(fault);
  return ids;
}

/** @returns in UTC, RFC 3339 */
export function toMoment(text: string): string {
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  const ms = days !== undefined ? Date.now() + Number(days) * DAY_MS : Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError("expected days, such as 90d, or a moment, such as 2027-06-30T00:00:00Z");
  return new Date(ms).toISOString();
}

/** For an option that may be given again and again: each value once. */
export function gather<Value>(to: (text: string) => Value): (text: string, before: readonly Value[] | undefined) => Value[] {
  return (text, before = []) => [...new Set([...before, to(text)])];
}
