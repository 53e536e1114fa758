import { existsSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";

const CHROMIUM = "/usr/bin/chromium";
const HOW = existsSync(CHROMIUM) ? "in Chromium" : `where ${CHROMIUM} is installed`;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
const NOW_MS = Date.UTC(2026, 10, 22, 8, 0, 0);

describe.runIf(existsSync(CHROMIUM))(`GraphiQL ${HOW}`, () => {
  let gateway: TestGateway;
  let browser: Browser;
  let page: Page;
  /** What it says on the console, and what it asks of others. */
  const complaints: string[] = [];

  beforeAll(async () => {
    gateway = await startTestGateway({ now: () => NOW_MS });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    page = await browser.newPage();
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith(gateway.url) && !/^(blob|data):/.test(request.url())) complaints.push(request.url());
    });
    await page.goto(`${gateway.url}/graphiql`);
    await page.locator(".graphiql-tab").nth(3).waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  test("runs its example queries", async () => {
    await gateway.postEvents("demo", segment("a"));
    await run(0);
    await answered('"totalAgentConversationSegments": 1');
    await run(1);
    await answered('"id": "4501"');
    await run(3);
    await answered('"definition": "Closed segments');
  });

  test("shows what is pushed", async () => {
    await run(2);
    await answered('"totalAgentConversationSegments": 1');
    await gateway.postEvents("demo", segment("b"));
    await answered('"totalAgentConversationSegments": 2');
  });

  test("complains of nothing, and asks nobody but its gateway", () => {
    expect(complaints).toEqual([]);
  });

  async function run(tab: number): Promise<void> {
    await page.locator(".graphiql-tab-button").nth(tab).press("Enter");
    await page.locator(".graphiql-execute-button").click();
  }

  async function shown(): Promise<string> {
    // The editor draws spaces that do not break.
    const result = (await page.locator(".result-window").innerText()).replaceAll("\u00a0", " ");
    // For a moment after a tab was opened, GraphiQL still thinks of the operation in the tab before.
    if (result.includes("Cannot infer operation")) await page.locator(".graphiql-execute-button").click();
    return result;
  }

  async function answered(text: string): Promise<void> {
    await expect.poll(shown).toContain(text);
  }
});

function segment(conversationId: string): object[] {
  const at = NOW_MS - 60_000;
  return [
    { eventId: "1", conversationId, at, type: "AGENT_ASSIGNED", agentId: "4501", skillId: "21" },
    { eventId: "2", conversationId, at: at + 1000, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}
