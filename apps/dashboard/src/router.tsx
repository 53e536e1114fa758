import { createRootRoute, createRoute, createRouter, Outlet, redirect, useNavigate, type LinkOptions } from "@tanstack/react-router";
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from "react";
import type { Target } from "./board.ts";
import { LiveScreen } from "./live/LiveScreen.tsx";
import { DEFAULT_VIEW, parseView, toQuery, type View } from "./view/view.ts";
import { Message } from "./views/Message.tsx";

const DEFAULT_ACCOUNT = "demo";

/** What of the address that the page was opened with was passed over; the router writes the address anew without it. */
const faultsAtFirst = parseView(location.search).faults;
const FaultsContext = createContext<{ readonly faults: readonly string[]; readonly dismiss: () => void } | null>(null);

const rootRoute = createRootRoute({
  validateSearch: (search): View => ({ ...DEFAULT_VIEW, ...search }),
  component: Root,
  notFoundComponent: () => (
    <div className="screen">
      <Message
        trouble={{ kind: "refused", causes: [`${location.pathname}: there is no such page; /accounts/${DEFAULT_ACCOUNT} is one`] }}
      />
    </div>
  ),
});

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  beforeLoad: ({ search }) => {
    throw redirect({ to: "/accounts/$accountId", params: { accountId: DEFAULT_ACCOUNT }, search, replace: true });
  },
});

const accountRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/accounts/$accountId",
  component: () => <Page {...accountRoute.useParams()} agentId={null} />,
});

const agentRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/accounts/$accountId/agents/$agentId",
  component: () => <Page {...agentRoute.useParams()} />,
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([homeRoute, accountRoute, agentRoute]),
  parseSearch: (query) => parseView(query).view,
  stringifySearch: toQuery,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

function Root(): ReactNode {
  const [faults, setFaults] = useState(faultsAtFirst);
  const shown = useMemo(() => ({ faults, dismiss: () => setFaults([]) }), [faults]);
  return (
    <FaultsContext value={shown}>
      <Outlet />
    </FaultsContext>
  );
}

function Page({ accountId, agentId }: { readonly accountId: string; readonly agentId: string | null }): ReactNode {
  const search = rootRoute.useSearch();
  const view = useMemo(() => (agentId === null ? search : withoutAgentSplit(search)), [agentId, search]);
  const { faults, dismiss } = useContext(FaultsContext)!;
  const navigate = useNavigate();
  const onChange = useCallback(
    (change: Partial<View>) =>
      // Typing leaves no trail of single letters behind.
      void navigate({ to: ".", search: (before) => ({ ...DEFAULT_VIEW, ...before, ...change }), replace: "search" in change }),
    [navigate],
  );
  const home = useMemo(() => toTarget({ to: "/accounts/$accountId", params: { accountId }, search: view }), [accountId, view]);
  const agentTarget = useCallback(
    (id: string) =>
      toTarget({
        to: "/accounts/$accountId/agents/$agentId",
        params: { accountId, agentId: id },
        search: { ...withoutAgentSplit(view), search: "" },
      }),
    [accountId, view],
  );
  return (
    <LiveScreen
      // Another account's figures are never shown while these come.
      key={`${accountId}/${agentId ?? ""}`}
      accountId={accountId}
      agentId={agentId}
      view={view}
      faults={faults}
      onDismiss={dismiss}
      home={home}
      agentTarget={agentTarget}
      onChange={onChange}
    />
  );
}

function toTarget(link: LinkOptions): Target {
  return { href: router.buildLocation(link).href, open: () => void router.navigate(link) };
}

/** An agent's page has no agents to split by. */
function withoutAgentSplit(view: View): View {
  return view.split === "agent" ? { ...view, split: "none" } : view;
}
