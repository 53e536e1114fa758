import { existsSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";

const EXECUTABLE = "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const HAS_CHROMIUM = existsSync(EXECUTABLE);

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
}

/** Plays a gateway that refuses every subscription of a page. */
export async function refuseSubscriptions(page: Page, errors: readonly object[]): Promise<void> {
  await page.routeWebSocket("**/graphql", (socket) => {
    socket.onMessage((message) => {
      const { id, type } = JSON.parse(String(message)) as { readonly id?: string; readonly type: string };
      if (type === "connection_init") socket.send(JSON.stringify({ type: "connection_ack" }));
      if (type === "subscribe") socket.send(JSON.stringify({ id, type: "error", payload: errors }));
    });
  });
}
