import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { buildPage, type BuiltPage } from "./built-page.ts";
import { HAS_CHROMIUM, launchChromium } from "./chromium.ts";
import { conversation } from "./conversation.ts";
import { startStage, type Stage } from "./stage.ts";

const CLI = new URL("../../gateway/src/cli.ts", import.meta.url).pathname;
const TOTAL = '[data-metric="totalAgentConversationSegments"] .figure data';

describe.skipIf(!HAS_CHROMIUM)(
  `a gateway that asks who one is${HAS_CHROMIUM ? "" : " (skipped: /usr/bin/chromium is not installed)"}`,
  () => {
    let built: BuiltPage;
    let stage: Stage;
    let browser: Browser;
    let key: string;

    beforeAll(async () => {
      built = await buildPage();
      stage = await startStage(built.folder);
      browser = await launchChromium();
      const nowMs = Date.now();
      await stage.post(
        "team",
        ["1", "2", "3"].flatMap((agentId) => conversation({ id: agentId, agentId, endMs: nowMs })),
      );
      key = (await keys("create", "--name", "board", "--scope", "read", "--account", "team", "--agents", "1,2")).trim();
      // The key is the first: from now on the gateway asks, once it has taken note.
      await vi.waitFor(async () => expect((await fetch(`${stage.url}/graphql?query={__typename}`)).status).toBe(401), { timeout: 20_000 });
    });
    afterAll(async () => {
      await browser?.close();
      await stage?.close();
      await built?.remove();
    });

    const keys = async (command: string, ...rest: readonly string[]): Promise<string> => {
      const { stdout } = await promisify(execFile)(process.execPath, [CLI, "keys", command, "--data-dir", stage.dataDir, ...rest]);
      return stdout;
    };

    test("the page leads to the login and back to its view, shows what the key may see, and tells when the key is revoked", async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`${stage.url}/accounts/team?timeframe=240&sort=id`);
      await page.getByLabel("API key or token").fill(key);
      await page.getByRole("button", { name: "Log in" }).click();
      await page.waitForURL((url) => url.pathname === "/accounts/team" && url.searchParams.get("timeframe") === "240");
      await page.locator(`${TOTAL}[value="2"]`).waitFor();
      expect(await page.getByRole("rowheader").allTextContents()).toEqual(["1", "2"]);
      expect(
        await page.evaluate(() => JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie])),
      ).not.toContain(key);

      const forbidden = await context.newPage();
      await forbidden.goto(`${stage.url}/accounts/other`);
      await forbidden.getByRole("heading", { name: "This account is not open to you" }).waitFor();

      const id = /\b[0-9a-f]{12}\b/.exec(await keys("list"))![0];
      await keys("revoke", id);
      await page.getByRole("heading", { name: "You are not logged in" }).waitFor({ timeout: 10_000 });
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByLabel("API key or token").waitFor();
    });
  },
);
