import { cleanup, configure } from "@testing-library/react";
import { Window } from "happy-dom";
import { afterEach } from "vitest";

const GLOBALS = ["window", "document", "HTMLElement", "Element", "Node", "DocumentFragment", "MutationObserver"] as const;

/**
 * A document for React beside Node's own fetch, sockets and abort signals, which the gateway in the same process needs as
 * well. Vitest's DOM environments put others in the place of those.
 */
export function installDom(): void {
  const window = new Window({ url: "http://localhost/" });
  for (const name of GLOBALS) Object.defineProperty(globalThis, name, { value: window[name as "document"], configurable: true });
  // Only what never comes takes so long.
  configure({ asyncUtilTimeout: 20_000 });
  afterEach(cleanup);
}
