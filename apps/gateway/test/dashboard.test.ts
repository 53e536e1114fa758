import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DASHBOARD_FOLDER } from "../src/http/dashboard.ts";
import { expectProblem } from "./problem.ts";
import { createTestFolder, startTestGateway, type TestGateway } from "./test-gateway.ts";

const PAGE = "<!doctype html><title>wallboard</title>";
const SCRIPT = "export const answer = 42;\n".repeat(4_000);

describe("the built wallboard", () => {
  let gateway: TestGateway;
  let folder: Awaited<ReturnType<typeof createTestFolder>>;
  beforeAll(async () => {
    folder = await createTestFolder();
    await mkdir(join(folder.path, "assets"));
    await writeFile(join(folder.path, "index.html"), PAGE);
    await writeFile(join(folder.path, "assets/index-C4UmBBdZ.js"), SCRIPT);
    await writeFile(join(folder.path, "assets/icon-B3VG55-T.svg"), "<svg/>");
    await writeFile(join(folder.path, "secret.txt"), "secret");
    gateway = await startTestGateway({ dashboardFolder: folder.path });
  });
  afterAll(async () => {
    await gateway.close();
    await folder.remove();
  });

  test("is the page at every address of its views, asked for anew each time", async () => {
    for (const path of ["/", "/?timeframe=60", "/accounts/demo", "/accounts/demo/agents/4501?tv=1", "/accounts/demo/agents/a%20b"]) {
      const response = await fetch(gateway.url + path);
      expect([path, response.status, await response.text()]).toEqual([path, 200, PAGE]);
      expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(response.headers.get("cache-control")).toBe("public, max-age=0");
      const again = await fetch(gateway.url + path, {
        headers: { "if-none-match": response.headers.get("etag")!, "cache-control": "max-age=0" },
      });
      expect(again.status).toBe(304);
    }
  });

  test("has assets that are kept for ever, with their types, packed where that pays", async () => {
    const script = await fetch(`${gateway.url}/assets/index-C4UmBBdZ.js`);
    expect([script.status, await script.text()]).toEqual([200, SCRIPT]);
    expect(script.headers.get("content-type")).toBe("application/javascript; charset=utf-8");
    expect(script.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(script.headers.get("content-encoding")).toMatch(/^(br|gzip)$/);
    const icon = await fetch(`${gateway.url}/assets/icon-B3VG55-T.svg`);
    expect(icon.headers.get("content-type")).toBe("image/svg+xml");
  });

  test("is nothing else: other paths stay problems", async () => {
    for (const path of [
      "/assets/none.js",
      "/assets/",
      "/secret.txt",
      "/assets/..%2fsecret.txt",
      "/v1/none",
      "/accounts",
      "/accounts/a/none",
    ]) {
      const answer = await gateway.get(path);
      expect([path, [403, 404].includes(answer.status)]).toEqual([path, true]);
      expectProblem(answer);
    }
  });
});

test("where it is not built, a plain page says how to build it", async () => {
  const gateway = await startTestGateway({ dashboardFolder: "/nowhere" });
  const response = await fetch(gateway.url);
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/plain; charset=utf-8"]);
  expect(await response.text()).toContain("npm run build");
  expectProblem(await gateway.get("/accounts/demo"));
  await gateway.close();
});

test("it is looked for beside the gateway's own app", () => {
  expect(DASHBOARD_FOLDER).toBe(new URL("../../dashboard/dist", import.meta.url).pathname);
});

test("GraphiQL is one page that fetches nothing from elsewhere, with examples", async () => {
  const gateway = await startTestGateway();
  const response = await fetch(`${gateway.url}/graphiql`);
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  const html = await response.text();
  expect(html.match(/<(?:script|link|img|iframe)[^>]+(?:src|href)="(?:https?:)?\/\/[^"]*"/g)).toBeNull();
  for (const operation of ["query LastHour", "query Nested", "subscription Live"]) expect(html).toContain(operation);
  await gateway.close();
});
