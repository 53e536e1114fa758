import { readFile } from "node:fs/promises";
import { createTraffic } from "@segmeter/testkit/traffic";
import axe from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { METRIC_NAMES, METRICS, type MetricName } from "../src/metrics/metrics.ts";
import { buildPage, type BuiltPage } from "./built-page.ts";
import { HAS_CHROMIUM, launchChromium, refuseSubscriptions } from "./chromium.ts";
import { conversation } from "./conversation.ts";
import { startStage, type Stage } from "./stage.ts";

const HOUR_MS = 3_600_000;
const SCREEN = { width: 1920, height: 1080 };
const ALL = METRIC_NAMES.join(" ");
const TOTAL = '[data-metric="totalAgentConversationSegments"] .figure data';

type Metrics = Readonly<Record<MetricName, number | null>>;

interface AnsweredPart {
  readonly id: string;
  readonly metrics: Metrics;
}

interface AnsweredInterval {
  readonly start: string;
  readonly end: string;
  readonly metrics: Metrics;
}

describe.skipIf(!HAS_CHROMIUM)(`the wallboard in Chromium${HAS_CHROMIUM ? "" : " (skipped: /usr/bin/chromium is not installed)"}`, () => {
  let built: BuiltPage;
  let stage: Stage;
  let browser: Browser;
  let context: BrowserContext;
  /** What the browser complained about in the test that is running. */
  let complaints: string[] = [];

  beforeAll(async () => {
    built = await buildPage();
    stage = await startStage(built.folder);
    browser = await launchChromium();
    context = await browser.newContext({ viewport: SCREEN, acceptDownloads: true });
    const nowMs = Date.now();
    await stage.post("demo", createTraffic({ seed: 7, conversationsPerDay: 3000 }).eventsBetween(nowMs - 6 * HOUR_MS, nowMs));
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
    await built?.remove();
  });

  const openPage = async (prepare: (page: Page) => Promise<void> = async () => undefined): Promise<Page> => {
    complaints = [];
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await prepare(page);
    return page;
  };
  const open = async (path: string, prepare?: (page: Page) => Promise<void>): Promise<Page> => {
    const page = await openPage(prepare);
    await page.goto(stage.url + path);
    await page.locator(".board, .tv-totals, .message").first().waitFor();
    return page;
  };
  /** Nothing was complained about on the way. */
  const close = async (page: Page): Promise<void> => {
    expect(complaints).toEqual([]);
    await page.close();
  };

  describe("shows what the API answers", () => {
    test("the demo account at the root, all eleven totals", async () => {
      const page = await open("/?timeframe=1440");
      expect(new URL(page.url()).pathname).toBe("/accounts/demo");
      const { metrics } = (await stage.ask("demo", "timeframe: 1440", `metrics { ${ALL} }`)) as { readonly metrics: Metrics };
      expect(await tileValues(page)).toEqual(metrics);
      await close(page);
    });

    test("metrics have the units that the API's definitions have", async () => {
      const page = await open("/");
      const response = await page.request.post(`${stage.url}/graphql`, { data: { query: "{ metricDefinitions { name unit } }" } });
      const { data } = (await response.json()) as { readonly data: { readonly metricDefinitions: readonly unknown[] } };
      const units = { count: "SEGMENTS", ratio: "RESPONSES_PER_SEGMENT", duration: "MS" };
      expect(METRICS.map(({ name, kind }) => ({ name, unit: units[kind] }))).toEqual(data.metricDefinitions);
      await close(page);
    });

    test("the agents' CSV, number for number, however many rows are in sight", async () => {
      const page = await open("/?timeframe=1440&sort=id");
      const { agents } = (await stage.ask("demo", "timeframe: 1440", `agents { id metrics { ${ALL} } }`)) as {
        readonly agents: readonly AnsweredPart[];
      };
      const [head, ...rows] = await downloadCsv(page, "CSV of the agents");
      expect(head).toEqual(["agentId", ...METRIC_NAMES]);
      expect(rows).toEqual(agents.map(({ id, metrics }) => [id].concat(toFields(metrics))));
      expect(rows.length).toBeGreaterThan(50);
      await close(page);
    });

    test("the skills' CSV with an open skill's agents", async () => {
      const page = await open("/?timeframe=1440&rows=skills&open=22&sort=id");
      const { skills } = (await stage.ask(
        "demo",
        "timeframe: 1440",
        "skills { id agents { id metrics { avgAgentSegmentDuration } } }",
      )) as {
        readonly skills: readonly { readonly id: string; readonly agents: readonly AnsweredPart[] }[];
      };
      await page.getByRole("row", { level: 2 }).first().waitFor();
      const [, ...rows] = await downloadCsv(page, "CSV of the skills");
      const agentsOf22 = rows.filter(([skillId, agentId]) => skillId === "22" && agentId !== "").map((row) => [row[1], row[4]]);
      const expected = skills.find(({ id }) => id === "22")!.agents;
      expect(agentsOf22).toEqual(expected.map(({ id, metrics }) => [id, String(metrics["avgAgentSegmentDuration"])]));
      expect(rows.filter(([, agentId]) => agentId === "").map(([skillId]) => skillId)).toEqual(skills.map(({ id }) => id));
      await close(page);
    });

    test("the intervals' CSV of a split chart, for the very window it names", async () => {
      const page = await open("/?timeframe=240&split=skill");
      await page.getByText(/^The 6 skills with most segments/).waitFor();
      const [, ...rows] = await downloadCsv(page, "CSV of the intervals");
      const end = rows
        .map((row) => row[1]!)
        .toSorted((a, b) => a.localeCompare(b))
        .at(-1)!;
      const { skills } = (await stage.ask(
        "demo",
        `timeframe: 240, endingAt: "${end}"`,
        `skills { id intervals(minutes: 10) { start end metrics { ${ALL} } } }`,
      )) as { readonly skills: readonly { readonly id: string; readonly intervals: readonly AnsweredInterval[] }[] };
      const ids = [...new Set(rows.map((row) => row[2]!))];
      expect(ids).toHaveLength(6);
      const expected = ids.flatMap((id) =>
        skills.find((skill) => skill.id === id)!.intervals.map(({ start, end: to, metrics }) => [start, to, id].concat(toFields(metrics))),
      );
      expect(rows).toEqual(expected);
      await close(page);
    });

    test("one agent's own page", async () => {
      const page = await open("/accounts/demo/agents/4510?timeframe=1440");
      const { metrics, skills } = (await stage.ask(
        "demo",
        'timeframe: 1440, filter: { agentIds: ["4510"] }',
        `metrics { ${ALL} } skills { id }`,
      )) as { readonly metrics: Metrics; readonly skills: readonly { readonly id: string }[] };
      expect(await tileValues(page)).toEqual(metrics);
      expect((await page.getByRole("rowheader").allTextContents()).toSorted((a, b) => a.localeCompare(b))).toEqual(
        skills.map(({ id }) => id),
      );
      await close(page);
    });
  });

  describe("is live", () => {
    test("what happens is on the screen without a reload", async () => {
      const page = await open("/accounts/moving?tv=0");
      await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
      await page.getByText("No segment has ended in this window").waitFor();
      await stage.post("moving", conversation({ id: "a", agentId: "1", endMs: Date.now() }));
      await page.locator(`${TOTAL}[value="1"]`).waitFor();
      await stage.post("moving", conversation({ id: "b", agentId: "2", endMs: Date.now() }));
      await page.locator(`${TOTAL}[value="2"]`).waitFor();
      expect(await page.getByRole("rowheader").allTextContents()).toEqual(["1", "2"]);
      expect(await page.evaluate(() => "isSamePage" in globalThis)).toBe(true);
      await close(page);
    });

    test("a gateway that goes is told and dated, and one that comes back is taken up again", async () => {
      const page = await open("/accounts/demo");
      await page.getByText("Live", { exact: true }).waitFor();
      const before = await page.locator(TOTAL).textContent();
      await stage.stop();
      await page.getByText(/^Reconnecting – stale since \d\d:\d\d:\d\d$/).waitFor();
      await page.getByText(/^These figures are of \d\d:\d\d:\d\d\./).waitFor();
      expect(await page.locator(TOTAL).textContent()).toBe(before);
      expect(await seriousFaults(page)).toEqual([]);
      await stage.startAgain();
      await page.getByText("Live", { exact: true }).waitFor({ timeout: 20_000 });
      expect(await page.locator(".stale-band").count()).toBe(0);
      complaints = complaints.filter((text) => !text.startsWith("WebSocket connection to"));
      await close(page);
    });
  });

  describe("holds its view in the address", () => {
    test("a filter that is opened before what it offers has come offers it when it comes", async () => {
      const coming = Promise.withResolvers<void>();
      const page = await open("/?timeframe=1440", async (opened) => {
        await opened.route("**/graphql**", async (route) => {
          if (/FilterValues/.test(route.request().url() + (route.request().postData() ?? ""))) await coming.promise;
          await route.continue();
        });
      });
      await page
        .locator(".controls")
        .getByRole("button", { name: /Skills$/ })
        .click();
      await page.getByRole("searchbox", { name: "Search skills" }).last().waitFor();
      expect(await page.getByRole("option").allTextContents()).toEqual(["None"]);
      coming.resolve();
      await page.getByRole("option", { name: "23" }).click();
      await page.waitForURL((url) => url.searchParams.get("skills") === "23");
      await close(page);
    });

    test("a filter chosen by hand is in the address, in the figures, in a reload and on another's screen", async () => {
      const page = await open("/?timeframe=1440");
      await page
        .locator(".controls")
        .getByRole("button", { name: /Skills$/ })
        .click();
      await page.getByRole("searchbox", { name: "Search skills" }).last().fill("23");
      await page.getByRole("option", { name: "23" }).click();
      await page.keyboard.press("Escape");
      await page.keyboard.press("Escape");
      await page.getByRole("listbox").waitFor({ state: "detached" });
      await page.waitForURL((url) => url.searchParams.get("skills") === "23");
      const { metrics } = (await stage.ask("demo", 'timeframe: 1440, filter: { skillIds: ["23"] }', `metrics { ${ALL} }`)) as {
        readonly metrics: Metrics;
      };
      const total = String(metrics["totalAgentConversationSegments"]);
      await page.locator(`${TOTAL}[value="${total}"]`).waitFor();
      expect(await tileValues(page)).toEqual(metrics);

      const shared = await open(page.url().replace(stage.url, ""));
      expect(await tileValues(shared)).toEqual(metrics);
      expect(await screenText(shared)).toBe(await screenText(page));
      await shared
        .locator(".controls")
        .getByRole("button", { name: /Skills$/ })
        .click();
      expect(await shared.getByRole("option").allTextContents()).toEqual(["21", "22", "23", "24", "25", "26", "27", "28"]);
      expect(await shared.getByRole("option", { selected: true }).allTextContents()).toEqual(["23"]);
      await page.reload();
      await page.locator(".board").waitFor();
      expect(await screenText(shared)).toBe(await screenText(page));
      await page.close();
      await close(shared);
    });

    test("a window of any length", async () => {
      const page = await open("/");
      await page.getByRole("button", { name: "Other…" }).click();
      await page.getByRole("spinbutton", { name: "Minutes, 1 to 1440" }).fill("7");
      await page.keyboard.press("Enter");
      await page.waitForURL((url) => url.searchParams.get("timeframe") === "7");
      await page.getByRole("button", { name: /^Usual .7.min.* Interval$/ }).waitFor();
      await page.goBack();
      await page.getByRole("button", { name: /^1.h$/, pressed: true }).waitFor();
      await close(page);
    });

    test("sorting and searching, too", async () => {
      const page = await open("/?timeframe=1440");
      await page.getByRole("columnheader", { name: "Segment duration" }).getByRole("button").click();
      await page.waitForURL((url) => url.searchParams.get("sort") === "-avgAgentSegmentDuration");
      const values = await page
        .locator('.cell[data-sorted="true"] data')
        .evaluateAll((cells) => cells.map((cell) => Number(cell.getAttribute("value"))));
      expect(values).toEqual(values.toSorted((a, b) => b - a));
      await page.getByRole("searchbox", { name: "Search agents" }).pressSequentially("451");
      await page.waitForURL((url) => url.searchParams.get("search") === "451");
      expect((await page.getByRole("rowheader").allTextContents()).every((id) => id.includes("451"))).toBe(true);
      await page.goBack();
      await page.waitForURL((url) => !url.searchParams.has("sort"));
      await close(page);
    });

    test("what is wrong in it is said, and the usual shown instead", async () => {
      const page = await open("/accounts/demo?timeframe=0&interval=x&skills=,&metric=sum&tv=maybe&colour=red");
      expect(await page.locator(".notice li").count()).toBe(6);
      expect(await seriousFaults(page)).toEqual([]);
      await page.getByRole("button", { name: "Dismiss" }).click();
      expect(await page.locator(".notice").count()).toBe(0);
      await close(page);
    });

    test("an account or page that cannot be is told from one that is empty", async () => {
      const page = await open("/accounts/not-an-id");
      await page.getByText("The gateway did not take this view").waitFor();
      await page
        .getByText(/not-an-id/)
        .first()
        .waitFor();
      await close(page);
    });
  });

  test("is worked by keyboard: down the agents, into one, and back", async () => {
    const page = await open("/?timeframe=1440&sort=id");
    await page.locator('[role="row"][tabindex="0"]').focus();
    await page.keyboard.press("End");
    await page.locator(".rows [role=row]:focus", { hasText: "4576" }).waitFor();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: /Agent 4502$/ }).waitFor();
    await page.goBack();
    await page.getByRole("grid", { name: "Agents" }).waitFor();
    await close(page);
  });

  test("calls an agent by the name that the directory gives, with the id beside it", async () => {
    await stage.post("named", conversation({ id: "a", agentId: "4501", endMs: Date.now() }));
    const directory = JSON.stringify([{ id: "4501", displayName: "Ada Lovelace" }]);
    const put = { method: "PUT", headers: { "content-type": "application/json" }, body: directory };
    expect((await fetch(`${stage.url}/v1/accounts/named/agents`, put)).status).toBe(204);
    const page = await open("/accounts/named/agents/4501");
    await page.getByRole("heading", { name: /Ada Lovelace 4501$/ }).waitFor();
    await page.locator(".legend", { hasText: "Ada Lovelace" }).waitFor();
    expect(await page.title()).toBe("Ada Lovelace · named – Segmeter");
    expect(await seriousFaults(page)).toEqual([]);
    await close(page);
  });

  test("a tile puts its metric into the chart, and pointing at the chart reads an interval", async () => {
    const page = await open("/?timeframe=240");
    await page.getByRole("button", { name: "Response time", exact: true }).first().click();
    await page.waitForURL((url) => url.searchParams.get("metric") === "avgTimeToResponseFromAgentAssignment");
    await page.getByRole("img", { name: /^Response time over 24 intervals, from / }).waitFor();
    const last = await page.locator(".legend .when").textContent();
    const plot = (await page.locator(".u-over").boundingBox())!;
    await page.mouse.move(plot.x + plot.width / 48, plot.y + plot.height / 2);
    await page.locator(".legend .when", { hasNotText: last! }).waitFor();
    // The window moves while it is asked.
    await expect
      .poll(async () => {
        const pointed = await page.locator(".legend data").getAttribute("value");
        const { intervals } = (await stage.ask("demo", "timeframe: 240", `intervals(minutes: 10) { metrics { ${ALL} } }`)) as {
          readonly intervals: readonly AnsweredInterval[];
        };
        return Number(pointed) - intervals[0]!.metrics.avgTimeToResponseFromAgentAssignment!;
      })
      .toBe(0);
    const first = await page.locator(".legend .when").textContent();
    await page.mouse.move(0, 0);
    await page.locator(".legend .when", { hasNotText: first! }).waitFor();
    await close(page);
  });

  test("explains a metric with the API's definition", async () => {
    const page = await open("/");
    await page.getByRole("button", { name: "What is Abandoned?" }).click();
    const dialog = page.getByRole("dialog", { name: "Abandoned" });
    await dialog.getByText("Segments without an agent message that the consumer ended by closing the conversation.").waitFor();
    await dialog.getByText("agentSegmentsAbandonedByConsumers").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await close(page);
  });

  test("2,000 agents scroll, a bounded number of rows drawn, each in its place", async ({ annotate }) => {
    const nowMs = Date.now();
    const agents = Array.from({ length: 2000 }, (_, index) => String(10_000 + index));
    await stage.post(
      "large",
      agents.flatMap((agentId) => conversation({ id: agentId, agentId, endMs: nowMs - 1000 })),
    );
    const page = await open("/accounts/large?sort=id");
    await page.getByText("2,000 agents").waitFor();
    const { deltasMs, rowCounts } = await page.locator(".grid-scroller").evaluate(async (scroller) => {
      const frames: number[] = [];
      const counts: number[] = [];
      let before = await new Promise<number>(requestAnimationFrame);
      for (let frame = 0; frame < 120; frame++) {
        scroller.scrollTop += 120;
        const at = await new Promise<number>(requestAnimationFrame);
        frames.push(at - before);
        counts.push(scroller.querySelectorAll('.rows [role="row"]').length);
        before = at;
      }
      return { deltasMs: frames, rowCounts: counts };
    });
    const sorted = deltasMs.toSorted((a, b) => a - b);
    await annotate(`frames while scrolling: median ${sorted[60]!.toFixed(1)} ms, p95 ${sorted[114]!.toFixed(1)} ms`, "measured");
    expect(Math.max(...rowCounts)).toBeLessThan(80);
    await page.locator(".grid-scroller").evaluate((scroller) => scroller.scrollTo({ top: scroller.scrollHeight }));
    const last = page.getByRole("row", { name: /^11999/ });
    await last.waitFor();
    expect(await last.getAttribute("aria-rowindex")).toBe("2001");
    await close(page);
  });

  describe("has no serious accessibility fault, in light and in dark", () => {
    for (const [name, path] of [
      ["the agents", "/?timeframe=1440"],
      ["open skills and a split chart", "/?timeframe=1440&rows=skills&open=21,22&split=skill"],
      ["the intervals as a table", "/?timeframe=240&chart=table&metric=avgAgentSegmentDuration"],
      ["an agent's page", "/accounts/demo/agents/4510?timeframe=1440"],
      ["TV mode", "/?timeframe=1440&tv=1"],
      ["an empty account", "/accounts/nobody"],
    ] as const) {
      test(name, async () => {
        const page = await open(path);
        await page.getByText("Live", { exact: true }).waitFor();
        expect(await seriousFaults(page)).toEqual([]);
        await close(page);
      });
    }

    test("an open choice of many", async () => {
      const page = await open("/");
      await page.getByText("Live", { exact: true }).waitFor();
      await page.getByRole("button", { name: /Groups$/ }).click();
      await page.getByRole("option").first().waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await close(page);
    });

    test("an account that is forbidden", async () => {
      const page = await open("/", (it) => refuseSubscriptions(it, [{ message: "not your account", extensions: { code: "FORBIDDEN" } }]));
      await page.getByRole("heading", { name: "This account is not open to you" }).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await close(page);
    });

    test("a gateway that fails for good", async () => {
      const page = await open("/", (it) =>
        refuseSubscriptions(it, [{ message: "no such field", extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]),
      );
      await page.getByText("no such field").waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await close(page);
    });

    test("a gateway that cannot be reached", async () => {
      const page = await open("/", (it) => it.routeWebSocket("**/graphql", (socket) => socket.close()));
      await page.getByRole("heading", { name: "The gateway cannot be reached" }).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await close(page);
    });

    test("figures that are on their way", async () => {
      const page = await openPage((it) => it.routeWebSocket("**/graphql", () => undefined));
      await page.goto(stage.url);
      await page.getByRole("status", { name: "Loading the figures" }).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await close(page);
    });
  });

  for (const width of [1280, 1920, 3840]) {
    test(`at ${width} pixels nothing stands out at the side`, async () => {
      const page = await open("/?timeframe=1440");
      await page.setViewportSize({ width, height: (width * 9) / 16 });
      await page.waitForTimeout(100);
      const overflowing = await page.evaluate(() =>
        [document.documentElement, ...document.querySelectorAll(".overview, .grid-scroller, .tile, .panel > header")]
          .filter((element) => element.scrollWidth > element.clientWidth + 1)
          .map((element) => element.className || element.tagName),
      );
      expect(overflowing).toEqual([]);
      await close(page);
    });
  }
});

/** As a CSV has them. */
function toFields(metrics: Metrics): string[] {
  return METRIC_NAMES.map((name) => String(metrics[name] ?? ""));
}

/** The exact values of the tiles; null where a dash stands. */
async function tileValues(page: Page): Promise<Readonly<Record<string, number | null>>> {
  const entries = await page.locator(".tile").evaluateAll((tiles) =>
    tiles.map((tile) => {
      const value = tile.querySelector(".figure data")?.getAttribute("value");
      return [(tile as HTMLElement).dataset["metric"]!, value == null ? null : Number(value)] as const;
    }),
  );
  return Object.fromEntries(entries);
}

/** What is chosen and what is shown, but for the intervals, which move with the clock. */
async function screenText(page: Page): Promise<string> {
  const texts = await page.locator(".controls button, .tile, .chart > header, .parts").allInnerTexts();
  return texts.join("\n");
}

async function downloadCsv(page: Page, button: string): Promise<string[][]> {
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: button }).click();
  const text = await readFile(await (await downloading).path(), "utf8");
  return text
    .trimEnd()
    .split("\r\n")
    .map((line) => line.split(","));
}

/** All rules in light; in dark the one about colours again. */
async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const light = await runAxe(page, {});
  await page.emulateMedia({ colorScheme: "dark" });
  return light.concat(await runAxe(page, { runOnly: ["color-contrast"] }));
}

function runAxe(page: Page, options: axe.RunOptions): Promise<string[]> {
  return page.evaluate(async (given) => {
    const { violations } = await (globalThis as unknown as { axe: Pick<typeof axe, "run"> }).axe.run(given);
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} at ${target.join(" ")}: ${failureSummary}`));
  }, options);
}
