import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { READERS } from "../src/http/event-values.ts";

const LONG = "x".repeat(200 * 1024);

function readJson(text: string): unknown[] {
  return [...READERS["application/json"]!(Buffer.from(text))].flat();
}

/** What a whole parse makes of a text; null: it is no array. */
function arrayOf(text: string): unknown[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function readOrNull(text: string): unknown[] | null {
  try {
    return readJson(text);
  } catch {
    return null;
  }
}

describe("an array that is read in pieces", () => {
  const elements = fc.array(
    fc.oneof(fc.jsonValue(), fc.constant(LONG), fc.string({ unit: fc.constantFrom('"', "\\", "[", "]", "{", "}", ",") })),
  );

  test("has the values that it has when it is parsed whole", () => {
    fc.assert(
      fc.property(elements, fc.constantFrom(0, 1), (values, spaces) => {
        const text = JSON.stringify([LONG, ...values, LONG], null, spaces);
        expect(readJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test("is taken exactly if a parser takes the whole, whatever is wrong with it", () => {
    const damage = fc.tuple(
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.nat(2),
      fc.constantFrom("", ",", "[", "]", "{", "}", '"', "\\", "1", " ", "\u00a0", ",,"),
    );
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue(), { maxLength: 5 }),
        fc.array(damage, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        (values, damages, isAtEnd) => {
          const text = damages.reduce(
            (whole, [share, removed, added]) => {
              const at = isAtEnd ? whole.length - Math.floor(share * 20) : Math.floor(share * whole.length);
              return whole.slice(0, at) + added + whole.slice(at + removed);
            },
            JSON.stringify([LONG, ...values]),
          );
          expect(readOrNull(text)).toEqual(arrayOf(text));
        },
      ),
      { numRuns: 300 },
    );
  });

  for (const end of ["", ",", ",]", ",,]", "]]", "}", "],", "] x", "]\u00a0", "] \n"]) {
    test(`that ends with ${JSON.stringify(end)} behind a long element is ${arrayOf(`[1${end}`) === null ? "refused" : "taken"}`, () => {
      for (const start of [`["${LONG}"`, `["${LONG}","${LONG}"`]) expect(readOrNull(start + end)).toEqual(arrayOf(start + end));
    });
  }

  test("comes in pieces, so that others have their turn", () => {
    const text = JSON.stringify(Array.from({ length: 20 }, () => LONG));
    expect([...READERS["application/json"]!(Buffer.from(text))].length).toBeGreaterThan(15);
    const lines = Array.from({ length: 20 }, () => JSON.stringify(LONG)).join("\n");
    expect([...READERS["application/x-ndjson"]!(Buffer.from(lines))].length).toBeGreaterThan(15);
  });

  test("has no event of more than a million characters", () => {
    const huge = JSON.stringify("x".repeat(1024 * 1024));
    for (const text of [`[1,${huge}]`, `[${huge},1]`, `[${huge}]`]) expect(() => readJson(text)).toThrow("none of it was taken");
    expect(() => [...READERS["application/x-ndjson"]!(Buffer.from(`1\n${huge}`))]).toThrow("none of it was taken");
  });
});
