import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = new URL("..", import.meta.url).pathname;

/** Which packages of this repository each one may know. `docs/ARCHITECTURE.md` draws it. */
const MAY_KNOW: Readonly<Record<string, readonly string[]>> = {
  "packages/engine": [],
  "packages/engine-threads": ["engine"],
  "packages/schema": [],
  "packages/event-log": ["engine", "json-bytes"],
  "packages/json-bytes": [],
  "packages/nats-servers": [],
  "packages/liveperson": ["engine"],
  "packages/rest-adapter": ["engine", "json-bytes"],
  "packages/reference": ["engine"],
  "packages/testkit": ["engine", "reference"],
  "packages/hooks": [],
  "apps/gateway": ["engine", "engine-threads", "event-log", "json-bytes", "liveperson", "reference", "rest-adapter"],
  "apps/demo": ["engine", "nats-servers", "testkit"],
  "apps/dashboard": ["hooks"],
  bench: ["engine", "engine-threads", "event-log", "gateway", "nats-servers", "testkit"],
};

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

describe("the house rules", () => {
  for (const manifest of trackedFiles("*package.json").filter(
    (path) => path !== "package.json" && !/^(examples|bench\/peers)\//.test(path),
  )) {
    const folder = manifest.replace("/package.json", "");

    test(`${folder} depends on what it may know, and nothing else of this repository`, () => {
      const known = Object.keys(readManifest(manifest).dependencies ?? {}).filter((name) => name.startsWith("@segmeter/"));
      expect(MAY_KNOW[folder]).toEqual(expect.arrayContaining(known.map((name) => name.replace("@segmeter/", ""))));
    });

    test(`${folder} takes every version from the catalog`, () => {
      const { dependencies, devDependencies } = readManifest(manifest);
      const versions = Object.values({ ...dependencies, ...devDependencies });
      expect(versions.filter((version) => version !== "catalog:" && version !== "workspace:*")).toEqual([]);
    });
  }

  test("every version at the root is exact", () => {
    const { devDependencies, optionalDependencies } = readManifest("package.json");
    const versions = Object.values({ ...devDependencies, ...optionalDependencies });
    expect(versions.filter((version) => version !== "catalog:" && !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  test("nothing is left behind in the sources", () => {
    expect(linesMatching(/\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([]);
  });

  test("no test is left out, and none is run alone", () => {
    expect(linesMatching(/\b(it|test|describe)\.(only|skip|todo|fails)\(/)).toEqual([]);
  });

  test("decisions are numbered one after another, and say their number", () => {
    const paths = trackedFiles("docs/decisions/[0-9]*.md").toSorted();
    const numbers = paths.map((path) => Number(/(\d+)-[^/]+$/.exec(path)?.[1]));
    expect(numbers).toEqual(paths.map((_, i) => i + 1));
    expect(paths.map((path) => Number(/^# (\d+)\./.exec(readFileSync(join(ROOT, path), "utf8"))?.[1]))).toEqual(numbers);
  });

  test("the core and its surfaces read no clock, no randomness and no environment", () => {
    expect(
      linesMatching(/Date\.now|Math\.random|process\.|from "node:|new Date\(\)/, /^packages\/(engine|reference|rest-adapter)\/src\//),
    ).toEqual([]);
  });

  test("what LivePerson says is translated without a clock, randomness, environment or I/O", () => {
    const reaches = /Date\.now|Math\.random|process\.|from "node:(?!crypto")|new Date\(\)/;
    expect(linesMatching(reaches, /^packages\/liveperson\/src\//)).toEqual([]);
  });
});

/** `path:line: text` of every source line that matches, this file's own patterns aside. */
function linesMatching(pattern: RegExp, where = /^/): string[] {
  const paths = trackedFiles("*.ts", "*.tsx", "*.mjs", "*.graphql").filter(
    (path) => path !== "tooling/house-rules.test.ts" && !path.includes("/generated/"),
  );
  return paths
    .filter((path) => where.test(path))
    .flatMap((path) => {
      const lines = readFileSync(join(ROOT, path), "utf8").split("\n");
      return lines.flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : []));
    });
}

/** Files that git tracks or would track, and that are there. */
function trackedFiles(...patterns: string[]): string[] {
  const list = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", ...patterns], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return list.split("\n").filter((path) => path !== "" && existsSync(join(ROOT, path)));
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8")) as Manifest;
}
