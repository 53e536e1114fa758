import { useMemo, type ReactNode } from "react";
import type { AgentName, Board, Connection, MetricDefinition, Series, Target } from "../board.ts";
import { csvFileName } from "../csv/csv.ts";
import { formatTimeToSecond } from "../metrics/format.ts";
import type { View } from "../view/view.ts";
import { Chart } from "./Chart.tsx";
import { Controls, type FilterValues } from "./Controls.tsx";
import { Header } from "./Header.tsx";
import { intervalsCsv } from "./intervals-csv.ts";
import { Loading } from "./Loading.tsx";
import { Message, type Trouble } from "./Message.tsx";
import { Notice } from "./Notice.tsx";
import { PartsTable } from "./PartsTable.tsx";
import { Totals } from "./Totals.tsx";
import { TvTotals } from "./TvTotals.tsx";

/** What the figures' place holds. */
export type Content =
  | { readonly state: "loading" }
  | { readonly state: "troubled"; readonly trouble: Exclude<Trouble, { readonly kind: "empty" }> }
  | { readonly state: "showing"; readonly board: Board; readonly series: readonly Series[] };

export interface ScreenProps {
  readonly accountId: string;
  /** Null: everybody. */
  readonly agent: AgentName | null;
  readonly view: View;
  /** What of the address was passed over. */
  readonly faults: readonly string[];
  readonly content: Content;
  readonly connection: Connection;
  readonly definitions: readonly MetricDefinition[];
  readonly filterValues: FilterValues;
  readonly scheme: "light" | "dark";
  readonly home: Target;
  readonly agentTarget: (agentId: string) => Target;
  readonly onChange: (change: Partial<View>) => void;
  readonly onDismiss: () => void;
  readonly onRetry: () => void;
  /** Before the values to filter by are offered. */
  readonly onFilterOpen: () => void;
  readonly onSave: (fileName: string, text: string) => void;
}

/** A supervisor's whole screen, as a function of what is known. */
export function Screen(props: ScreenProps): ReactNode {
  const { accountId, agent, view, faults, content, connection, filterValues, scheme, home, onChange, onDismiss, onFilterOpen } = props;
  const isStale = connection.state === "reconnecting";
  return (
    <div className={view.tv ? "screen tv" : "screen"} data-stale={isStale}>
      <Header
        accountId={accountId}
        agent={agent}
        view={view}
        window={content.state === "showing" ? content.board : null}
        connection={connection}
        scheme={scheme}
        home={home}
        onChange={onChange}
      />
      {!view.tv && <Controls view={view} filterValues={filterValues} onChange={onChange} onFilterOpen={onFilterOpen} />}
      {!view.tv && <Notice faults={faults} onDismiss={onDismiss} />}
      {connection.state === "reconnecting" && content.state === "showing" && (
        <p className="stale-band">
          These figures are of {formatTimeToSecond(connection.sinceMs)}. The gateway cannot be reached; they go on by themselves.
        </p>
      )}
      <main aria-busy={connection.state === "connecting"}>
        <Figures {...props} />
      </main>
    </div>
  );
}

function Figures(props: ScreenProps): ReactNode {
  const { accountId, agent, view, content, definitions, scheme, agentTarget, onChange, onRetry, onSave } = props;
  const ofOneAgent = useMemo(() => ({ ...view, rows: "skills" as const, open: [] }), [view]);
  if (content.state === "loading") return <Loading isTv={view.tv} />;
  if (content.state === "troubled") {
    const canRetry = ["forbidden", "loggedOut", "failed"].includes(content.trouble.kind);
    return <Message trouble={content.trouble} {...(canRetry && { onRetry })} />;
  }
  const { board, series } = content;
  if (board.metrics.totalAgentConversationSegments === 0) {
    const isFiltered = view.skills.length + view.groups.length + view.sources.length > 0 || view.userType !== null;
    const clear = (): void => onChange({ skills: [], groups: [], sources: [], userType: null });
    return <Message trouble={{ kind: "empty", isFiltered }} {...(isFiltered && { onClearFilters: clear })} />;
  }
  if (view.tv) return <TvTotals board={board} />;

  const save = (what: string, text: string): void => {
    const subject = agent === null ? what : `agent-${agent.id}-${what}`;
    onSave(csvFileName(accountId, subject, board.startMs, board.endMs), text);
  };
  const rows = agent === null ? view.rows : "skills";
  return (
    <div className="board" data-of-one={agent !== null}>
      <div className="overview">
        <Totals board={board} definitions={definitions} chosen={view.metric} onChoose={(metric) => onChange({ metric })} />
        <Chart
          view={view}
          series={series}
          whole={agent === null ? "Everybody" : (agent.name ?? `Agent ${agent.id}`)}
          splits={agent === null ? ["none", "skill", "agent"] : ["none", "skill"]}
          hasIntervals={board.intervals.length > 0}
          partCount={(view.split === "skill" ? board.skills : board.agents)?.length ?? null}
          scheme={scheme}
          onChange={onChange}
          onCsv={() => save("intervals", intervalsCsv(view.split, series))}
        />
      </div>
      <PartsTable
        view={agent === null ? view : ofOneAgent}
        parts={rows === "agents" ? board.agents : board.skills}
        definitions={definitions}
        agentTarget={agentTarget}
        isOfOneAgent={agent !== null}
        onChange={onChange}
        onCsv={(text) => save(rows, text)}
      />
    </div>
  );
}
