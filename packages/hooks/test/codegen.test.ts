import { readFile } from "node:fs/promises";
import { buildSchema, parse } from "graphql";
import { describe, expect, test } from "vitest";
import { plugin } from "../src/codegen/hooks-plugin.ts";
import { MetricDefinitionsDocument } from "../src/index.ts";

const SCHEMA = buildSchema(`
  type Query { "Everything." whole(id: ID!): Whole! either: Either }
  type Subscription { whole(id: ID!): Whole! }
  "Many\\nlines, even */."
  type Whole { "Many\\nlines, even */." size: Long! parts: [Part] }
  type Part { size: Long! whole: Whole! }
  union Either = Whole | Part
  scalar Long
`);

describe("the preset", () => {
  test("merges what is selected of one field more than once", () => {
    const written = generate(
      `query A { whole(id: 1) { parts { size } ...Rest } } fragment Rest on Whole { parts { whole { size } } size }`,
    );
    expect(written).toContain(`    readonly parts: ReadonlyArray<{
      readonly size: number;
      readonly whole: {`);
  });

  test("makes optional what hangs on a condition, unless it is selected without one as well", () => {
    const written = generate(
      `query A($is: Boolean!) { whole(id: 1) { a: size @skip(if: $is) b: size @include(if: $is) b: size ... @include(if: $is) { c: size } } }`,
    );
    expect(written).toContain("readonly a?: number;");
    expect(written).toContain("readonly b: number;");
    expect(written).toContain("readonly c?: number;");
  });

  test("makes optional what a conditional selection adds to a field that is there without it", () => {
    const written = generate(`query A($is: Boolean!) { whole(id: 1) { parts { size } parts @include(if: $is) { again: size } } }`);
    expect(written).toContain(`    readonly parts: ReadonlyArray<{
      readonly size: number;
      readonly again?: number;
    } | null> | null;`);
    expect(generate(`query A($is: Boolean!) { whole(id: 1) @include(if: $is) { size } }`)).toContain("    readonly size: number;");
  });

  test("carries descriptions of any text into comments", () => {
    const written = generate(`query A { whole(id: 1) { __typename size } }`);
    expect(written).toContain('readonly __typename: "Whole";');
    expect(written).toContain("/**\n     * Many\n     * lines, even *\\/.\n     */");
    expect(written).toContain("/** Everything. */");
  });

  test("sends the fragments that an operation uses, each once, and no others", () => {
    const written = generate(
      `query A { whole(id: 1) { ...X ...Y } } fragment X on Whole { ...Y } fragment Y on Whole { size } fragment Z on Whole { size }`,
    );
    expect(written.match(/^ {2}fragment \w+/gm)).toEqual(["  fragment X", "  fragment Y"]);
  });

  test("imports what its operations need and no more", () => {
    const written = generate(`subscription B { whole(id: 1) { size } }`);
    expect(written).toContain("useSegmeterSubscription");
    expect(written).not.toContain("useSegmeterQuery");
  });

  test("names operations of one name apart once they differ", () => {
    const hashes = ["size", "parts { size }"].map(
      (fields) => /"hash":"(\w+)"/.exec(generate(`query A { whole(id: 1) { ${fields} } }`))![1],
    );
    expect(new Set(hashes).size).toBe(2);
  });

  test("refuses what it has no types for, and says what", () => {
    expect(() => generate("{ whole(id: 1) { size } }")).toThrow("expected every operation to have a name, got a query without one");
    expect(() => generate("mutation M { go }")).toThrow("expected a query or a subscription, got the mutation M");
    expect(() => generate("query A { either { ... on Part { size } } }")).toThrow("expected an object type, got Either");
  });

  test("has written the operations of this package as they stand in their files", async () => {
    const file = await readFile(new URL("../src/operations/metric-definitions.graphql", import.meta.url), "utf8");
    const text = file.slice(file.indexOf("query"));
    expect(withoutSpace(MetricDefinitionsDocument.toString())).toBe(withoutSpace(text));
  });
});

function generate(text: string): string {
  const { prepend, content } = plugin(SCHEMA, [{ document: parse(text) }], { runtime: "@segmeter/hooks" });
  return [...prepend, content].join("\n");
}

function withoutSpace(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
