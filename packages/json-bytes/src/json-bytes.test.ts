import { array, assert, constantFrom, double, maxSafeNat, nat, oneof, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { giveBack, JsonBytes, toLabel, toRowLabels } from "./index.ts";

describe("JSON written as bytes", () => {
  test("has numbers as JSON.stringify writes them", () => {
    const hard = [0, 9, 10, 99_999, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1, -1, -(2 ** 31), 0.1, 1e21, 5e-324, -2.2250738585072014e-308];
    const numbers = oneof(constantFrom(...hard), nat(), maxSafeNat(), double({ noNaN: true, noDefaultInfinity: true }));
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

  test("has a row of numbers behind their labels, and a word where there is none", () => {
    const columnsArbitrary = array(array(oneof(nat(), double({ noDefaultInfinity: true })), { minLength: 3, maxLength: 3 }), {
      maxLength: 30,
    });
    assert(
      property(columnsArbitrary, (columns) => {
        const names = columns.map((_, i) => `${i > 0 ? "," : "{"}"${"x".repeat(i)}":`);
        const rows = [0, 1, 2].map((place) =>
          written((out) => {
            out.row(
              toRowLabels(names),
              columns.map((values) => Float64Array.from(values)),
              place,
              toLabel("null"),
            );
          }),
        );
        const expected = [0, 1, 2].map((place) => columns.map((values, i) => `${names[i]!}${JSON.stringify(values[place])}`).join(""));
        expect(rows).toEqual(expected);
      }),
    );
  });

  test("has the longest numbers there are in full", () => {
    for (const value of [-0.0000010057031006712622, -2.2250738585072014e-308, 0.0000012345678901234567, -123456789012345680000]) {
      const write = (out: JsonBytes): void =>
        out.row(toRowLabels(["[", ","]), [Float64Array.of(value), Float64Array.of(0.5)], 0, toLabel("null"));
      expect(written(write)).toBe(`[${JSON.stringify(value)},0.5`);
    }
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

  test("grows as it is written, and begins anew when it is taken", () => {
    const out = new JsonBytes();
    const long = "x".repeat(300_000);
    out.string(long);
    expect(out.length).toBe(300_002);
    out.string("é".repeat(300_000));
    const first = out.take();
    out.number(7);
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

  test("lends memory that no other writes into before it is given back, and then one alone", () => {
    const [first, second] = [lend("first"), lend("second")];
    expect([first, second].join(" ")).toBe('"first" "second"');
    for (let i = 0; i < 3; i++) giveBack(first);
    const later = [lend("third"), lend("fourth"), second];
    expect(later.join(" ")).toBe('"third" "fourth" "second"');
    giveBack(Buffer.from("of others"));
  });
});

test("A label is ASCII", () => {
  expect(() => toLabel("größe")).toThrow(new RangeError('expected ASCII, got "ö"'));
});

function lend(text: string): Buffer {
  const out = new JsonBytes();
  out.string(text);
  return out.lend();
}

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
