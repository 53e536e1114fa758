import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./pnpm.ts";

const FOLDERS = ["", "apps/gateway/src", "apps/gateway/test"];

test("the threat model points at code and tests that there are", () => {
  const text = readFileSync(join(ROOT, "SECURITY.md"), "utf8");
  const named = Array.from(text.matchAll(/`([\w./-]+\.(?:ts|yaml))`/g), ([, path]) => path!);
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((path) => !FOLDERS.some((folder) => existsSync(join(ROOT, folder, path))))).toEqual([]);
});
