import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createTraffic } from "@segmeter/testkit/traffic";
import type { Page } from "playwright-core";
import { buildPage } from "../test/built-page.ts";
import { launchChromium, refuseSubscriptions } from "../test/chromium.ts";
import { startStage } from "../test/stage.ts";

/**
 * Takes a picture of every state of the wallboard, in light and in dark, into `docs/screenshots`.
 *
 * `node apps/dashboard/tooling/screenshots.ts [part of a name]`
 */
interface Shot {
  readonly name: string;
  readonly path: string;
  readonly width?: number;
  readonly height?: number;
  readonly deviceScaleFactor?: number;
  readonly before?: (page: Page) => Promise<void>;
  /** What has to stand on the screen. */
  readonly until: string;
  readonly afterwards?: (page: Page) => Promise<void>;
}

const FOLDER = new URL("../../../docs/screenshots", import.meta.url).pathname;
const HOUR_MS = 3_600_000;
const SETTLE_MS = 700;
const DEMO = "/accounts/demo";

const SHOTS: readonly Shot[] = [
  { name: "agents", path: DEMO, until: ".grid-row data" },
  { name: "agents-1280", path: DEMO, width: 1280, height: 800, until: ".time-series canvas" },
  // A television's 3840 by 2160 pixels, at half their size.
  { name: "agents-4k", path: `${DEMO}?timeframe=240`, width: 3840, height: 2160, deviceScaleFactor: 0.5, until: ".grid-row data" },
  {
    name: "skills",
    path: `${DEMO}?timeframe=480&rows=skills&open=22&split=skill&metric=avgTimeToResponseFromAgentAssignment`,
    until: '[aria-level="2"]',
  },
  { name: "agent", path: `${DEMO}/agents/4510?timeframe=480&metric=avgAgentSegmentDuration`, until: ".grid-row data" },
  { name: "intervals-table", path: `${DEMO}?timeframe=240&chart=table&split=agent`, until: ".interval-table td" },
  { name: "tv", path: `${DEMO}?tv=1`, until: ".tv-totals" },
  { name: "tv-filtered", path: `${DEMO}?tv=1&timeframe=1440&skills=21,22&userType=human`, until: ".tv-totals" },
  {
    name: "choice",
    path: `${DEMO}?skills=21,23`,
    until: ".grid-row data",
    afterwards: async (page) => {
      await page
        .locator(".controls")
        .getByRole("button", { name: /Skills$/ })
        .click();
      await page.getByRole("option").first().waitFor();
    },
  },
  {
    name: "explanation",
    path: DEMO,
    until: ".grid-row data",
    afterwards: async (page) => {
      await page.getByRole("button", { name: "What is First response, transferred?" }).click();
      await page.getByRole("dialog").waitFor();
    },
  },
  { name: "wrong-address", path: `${DEMO}?timeframe=2000&interval=7&colour=red`, until: ".notice" },
  { name: "empty", path: "/accounts/nobody", until: ".message" },
  { name: "empty-by-filter", path: `${DEMO}?skills=99&sources=FAX`, until: ".message" },
  { name: "refused", path: "/accounts/not-an-id", until: ".message" },
  {
    name: "forbidden",
    path: DEMO,
    before: (page) => refuseSubscriptions(page, [{ message: "not your account", extensions: { code: "FORBIDDEN" } }]),
    until: ".message",
  },
  {
    name: "unreachable",
    path: DEMO,
    before: (page) => page.routeWebSocket("**/graphql", (socket) => socket.close()),
    until: ".message",
  },
  { name: "loading", path: DEMO, before: (page) => page.routeWebSocket("**/graphql", () => undefined), until: ".loading" },
];

const STALE: readonly Shot[] = [
  { name: "stale", path: DEMO, until: ".grid-row data" },
  { name: "tv-stale", path: `${DEMO}?tv=1`, until: ".tv-totals" },
];

const only = process.argv[2] ?? "";
if (only === "") await rm(FOLDER, { recursive: true, force: true });
await mkdir(FOLDER, { recursive: true });
const built = await buildPage();
const stage = await startStage(built.folder);
const browser = await launchChromium();
try {
  const nowMs = Date.now();
  await stage.post("demo", createTraffic({ seed: 20_261_122 }).eventsBetween(nowMs - 25 * HOUR_MS, nowMs));
  for (const shot of chosen(SHOTS)) {
    for (const theme of ["light", "dark"] as const) {
      const page = await open(shot, theme);
      await take(page, `${shot.name}-${theme}`);
      await page.close();
    }
  }
  const stale = chosen(STALE);
  const pages = await Promise.all(
    stale.flatMap((shot) =>
      (["light", "dark"] as const).map(async (theme) => ({ name: `${shot.name}-${theme}`, page: await open(shot, theme) })),
    ),
  );
  await stage.stop();
  for (const { name, page } of pages) {
    await page.locator(".stale-band").waitFor();
    await take(page, name);
  }
} finally {
  await browser.close();
  await stage.close();
  await built.remove();
}

function chosen(shots: readonly Shot[]): readonly Shot[] {
  return shots.filter(({ name }) => name.includes(only));
}

async function open(
  { path, width = 1920, height = 1080, deviceScaleFactor = 1, before, until, afterwards }: Shot,
  theme: "light" | "dark",
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height }, deviceScaleFactor, colorScheme: theme });
  await before?.(page);
  await page.goto(stage.url + path);
  await page.locator(until).first().waitFor();
  await afterwards?.(page);
  await page.waitForTimeout(SETTLE_MS);
  return page;
}

async function take(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
}
