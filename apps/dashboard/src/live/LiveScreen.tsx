import { useFilterValuesQuery, useMetricDefinitionsQuery } from "@segmeter/hooks";
import { useEffect, type ReactNode } from "react";
import type { Target } from "../board.ts";
import type { View } from "../view/view.ts";
import type { FilterValues } from "../views/Controls.tsx";
import { Screen } from "../views/Screen.tsx";
import { toAgent } from "./answers.ts";
import { saveFile } from "./save-file.ts";
import { useBoard } from "./useBoard.ts";
import { useScheme } from "./useScheme.ts";

interface LiveScreenProps {
  readonly accountId: string;
  readonly agentId: string | null;
  readonly view: View;
  readonly faults: readonly string[];
  readonly onDismiss: () => void;
  readonly home: Target;
  readonly agentTarget: (agentId: string) => Target;
  readonly onChange: (change: Partial<View>) => void;
}

const NO_FILTER_VALUES: FilterValues = { skillIds: [], groupIds: [], sources: [] };

/** The screen, fed by the gateway. */
export function LiveScreen({ accountId, agentId, view, faults, onDismiss, onChange, ...targets }: LiveScreenProps): ReactNode {
  const { content, connection } = useBoard(accountId, agentId, view);
  const enabled = content.state === "showing";
  const definitions = useMetricDefinitionsQuery({}, { enabled, staleTime: Infinity });
  const filterValues = useFilterValuesQuery({ accountId }, { enabled: enabled && !view.tv });
  const scheme = useScheme(view.theme);
  const agent = agentId === null ? null : toAgent(agentId, content);
  useTitle(agent === null ? accountId : `${agent.name ?? `Agent ${agent.id}`} · ${accountId}`);
  useEscape(view.tv, onChange);

  return (
    <Screen
      accountId={accountId}
      agent={agent}
      view={view}
      faults={faults}
      content={content}
      connection={connection}
      definitions={definitions.data?.metricDefinitions ?? []}
      filterValues={filterValues.data?.account.filterValues ?? NO_FILTER_VALUES}
      scheme={scheme}
      onChange={onChange}
      onDismiss={onDismiss}
      // Who is not logged in is led to where one logs in.
      onRetry={() => location.reload()}
      onFilterOpen={() => void filterValues.refetch()}
      onSave={saveFile}
      {...targets}
    />
  );
}

function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} – Segmeter`;
  }, [title]);
}

/** TV mode has no controls; Escape leads out of it. */
function useEscape(isTv: boolean, onChange: (change: Partial<View>) => void): void {
  useEffect(() => {
    if (!isTv) return;
    const leave = (event: KeyboardEvent): void => {
      if (event.key === "Escape") onChange({ tv: false });
    };
    addEventListener("keydown", leave);
    return () => removeEventListener("keydown", leave);
  }, [isTv, onChange]);
}
