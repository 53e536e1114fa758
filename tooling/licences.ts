import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pnpm, ROOT } from "./pnpm.ts";

// Lists under which licences what production runs on may be used: into docs/LICENCES.md, or, with --check, against it.

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });

/** What asks for no more than to be named, and the licence of fonts. Whatever else comes in is decided by a person. */
const ALLOWED: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "OFL-1.1",
  "Unlicense",
]);
const PATH = join(ROOT, "docs/LICENCES.md");
const LIST_MS_MAX = 60_000;

interface ListedPackage {
  readonly name: string;
  readonly versions: readonly string[];
}

const { stdout, stderr, exitCode } = await pnpm(["licenses", "list", "--recursive", "--prod", "--json"], LIST_MS_MAX);
if (exitCode !== 0) throw new Error(`the licences could not be listed: ${stderr}`);
const packages = Object.entries(JSON.parse(stdout) as Readonly<Record<string, readonly ListedPackage[]>>)
  .flatMap(([licence, listed]) =>
    listed.map(({ name, versions }) => ({ name: withoutPlatform(name), versions: versions.toSorted(), licence })),
  )
  .toSorted((a, b) => (a.name < b.name ? -1 : 1));
const refused = packages.filter(({ licence }) => !isAllowed(licence));
const text = `# Licences

Under which others' work that production runs on is used; Segmeter itself is under the MIT licence. Written by
\`npm run licences\`, and checked by the tests, as are the licences: ${[...ALLOWED].join(", ")}.

| package | version | licence |
| --- | --- | --- |
${packages.map(({ name, versions, licence }) => `| ${name} | ${versions.join(", ")} | ${licence} |`).join("\n")}
`;

for (const { name, licence } of refused) process.stderr.write(`licences: ${name} is under ${licence}, which is not among those allowed\n`);
if (!values.check) writeFileSync(PATH, text);
else if (readFileSync(PATH, "utf8") !== text)
  process.stderr.write("licences: docs/LICENCES.md is not what is installed; npm run licences\n");
if (refused.length > 0 || (values.check && readFileSync(PATH, "utf8") !== text)) process.exitCode = 1;

/** The same list on every platform. */
function withoutPlatform(name: string): string {
  return name.replace(/^(node-linux)-(x64|arm64)$/, "$1-*");
}

/** `MIT`, `(MIT AND BSD-3-Clause)`, `(MIT OR GPL-3.0)` */
function isAllowed(expression: string): boolean {
  const alternatives = expression.replaceAll(/[()]/g, "").split(" OR ");
  return alternatives.some((alternative) => alternative.split(" AND ").every((licence) => ALLOWED.has(licence)));
}
