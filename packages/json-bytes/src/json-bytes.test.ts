import { array, assert, constantFrom, double, nat, oneof, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { JsonBytes, toLabel } from "./index.ts";

describe("JSON written as bytes", () => {
  test("has numbers as JSON.stringify writes them", () => {
    const hard = [0, 9, 10, 99_999, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1, -1, -(2 ** 31), 0.1, 1e21, 5e-324, -2.2250738585072014e-308];
    const numbers = oneof(constantFrom(...hard), nat(), double({ noNaN: true, noDefaultInfinity: true }));
    assert(
      property(array(numbers, { minLength: 1 }), (values) => {
        expect(written((out) => writeAll(values, out))).toBe(`${values.map((value) => JSON.stringify(value)).join(",")},`);
      }),
    );
  });

  test("has a number that it wrote before as it was", () => {
    const thirds = Array.from({ length: 20_000 }, (_, i) => i / 3);
    const texts = [0, 1].map(() => written((out) => writeAll(thirds, out)));
    expect(texts[0]).toBe(`${thirds.map((value) => JSON.stringify(value)).join(",")},`);
    expect(texts[1]).toBe(texts[0]);
  });

  test("has strings quoted and escaped as JSON.stringify does", () => {
    const strings = oneof(string({ unit: "binary" }), string(), constantFrom('"', "\\", "\u2028", "💬", "\ud800", "~\u007f", "é"));
    assert(
      property(strings, (text) => {
        expect(written((out) => out.string(text))).toBe(JSON.stringify(text));
      }),
    );
  });

  test("has labels of any length in full, and nothing of what fills up their last word", () => {
    const text = '{"abcdefghijklmnopqrstuvwxyz":';
    for (let length = 0; length <= text.length; length++) {
      const write = (out: JsonBytes): void => {
        out.label(toLabel(text.slice(0, length)));
        out.colon();
      };
      expect(written(write)).toBe(`${text.slice(0, length)}:`);
    }
  });

  test("grows as it is written, is full when it is told to be, and begins anew when it is taken", () => {
    const out = new JsonBytes(300_003);
    const long = "x".repeat(300_000);
    out.string(long);
    expect(out.isFull).toBe(false);
    out.string("é".repeat(300_000));
    expect(out.isFull).toBe(true);
    const first = out.take();
    out.number(7);
    expect(out.isFull).toBe(false);
    expect(out.take().toString()).toBe("7");
    expect(first.toString()).toBe(`"${long}""${"é".repeat(300_000)}"`);
    out.close();
  });

  test("gives out memory that no later one writes into", () => {
    const taken = [1, 2, 3].map((value) => {
      const out = new JsonBytes();
      out.number(value);
      const bytes = out.take();
      out.close();
      return bytes;
    });
    expect(taken.join(" ")).toBe("1 2 3");
  });
});

test("A label is ASCII", () => {
  expect(() => toLabel("größe")).toThrow(new RangeError('expected ASCII, got "ö"'));
});

function writeAll(values: readonly number[], out: JsonBytes): void {
  for (const value of values) {
    out.number(value);
    out.comma();
  }
}

function written(write: (out: JsonBytes) => void): string {
  const out = new JsonBytes();
  write(out);
  const text = out.take().toString();
  out.close();
  return text;
}
