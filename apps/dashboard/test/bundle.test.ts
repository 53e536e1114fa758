import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPage, type BuiltPage } from "./built-page.ts";

/** What a first visit may fetch, gzip bytes; raised only with a reason beside it. */
const BUDGET_BYTES = { ".js": 235_000, ".css": 6_000, ".woff2": 49_000 } as const;

describe("the built page", () => {
  let page: BuiltPage;
  let files: ReadonlyMap<string, Buffer>;
  beforeAll(async () => {
    page = await buildPage();
    const names = await readdir(page.folder, { recursive: true });
    const contents = names
      .filter((name) => /\.\w+$/.test(name))
      .map(async (name) => [name, await readFile(join(page.folder, name))] as const);
    files = new Map(await Promise.all(contents));
  });
  afterAll(() => page.remove());

  for (const [ending, budget] of Object.entries(BUDGET_BYTES)) {
    test(`has at most ${budget} bytes of ${ending}, packed`, () => {
      const packed = [...files].filter(([name]) => name.endsWith(ending)).map(([, bytes]) => gzipSync(bytes, { level: 9 }).length);
      expect(packed.length).toBeGreaterThan(0);
      expect(packed.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(budget);
    });
  }

  test("fetches nothing from elsewhere", () => {
    const html = String(files.get("index.html"));
    expect(html.match(/(?:src|href)="[^"]*"/g)).not.toBe(null);
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    for (const [name, bytes] of files) if (name.endsWith(".css")) expect(String(bytes)).not.toMatch(/url\(["']?(?:https?:)?\/\//);
  });
});
