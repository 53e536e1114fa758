import {
  getCoreRowModel,
  getExpandedRowModel,
  getFilteredRowModel,
  getSortedRowModel,
  useReactTable,
  type ColumnDef,
  type Row,
} from "@tanstack/react-table";
import { useCallback, useMemo, type ReactNode } from "react";
import type { MetricDefinition, Part, Target } from "../board.ts";
import { FindField } from "../components/FindField.tsx";
import { toCsv } from "../csv/csv.ts";
import { formatValue } from "../metrics/format.ts";
import { METRIC_NAMES, METRICS } from "../metrics/metrics.ts";
import type { SortKey, View } from "../view/view.ts";
import { PartRows } from "./PartRows.tsx";

interface PartsTableProps {
  readonly view: Pick<View, "rows" | "open" | "sort" | "search">;
  /** Null while they are on their way. */
  readonly parts: readonly Part[] | null;
  readonly definitions: readonly MetricDefinition[];
  readonly agentTarget: (agentId: string) => Target;
  /** On an agent's own page the skills are not opened, and agents not offered. */
  readonly isOfOneAgent?: boolean;
  readonly onChange: (change: Partial<View>) => void;
  readonly onCsv: (text: string) => void;
}

const BY_WORD = new Intl.Collator("en", { numeric: true }).compare;

const COLUMNS: ColumnDef<Part>[] = [
  {
    id: "id",
    // Found by the one as by the other.
    accessorFn: ({ id, name }) => `${name ?? ""}\n${id}`,
    sortingFn: (a, b) => BY_WORD(wordOf(a.original), wordOf(b.original)),
    filterFn: "includesString",
  },
  ...METRICS.map(({ name }): ColumnDef<Part> => ({
    id: name,
    // What does not exist is undefined here, so that it comes last whichever way is sorted.
    accessorFn: ({ metrics }) => metrics[name] ?? undefined,
    sortingFn: "basic",
    sortUndefined: "last",
    enableGlobalFilter: false,
  })),
];

/** Agents, or skills with their agents, with all eleven metrics; thousands of rows. */
export function PartsTable(props: PartsTableProps): ReactNode {
  const { view, parts, definitions, agentTarget, isOfOneAgent = false, onChange, onCsv } = props;
  const isSkills = view.rows === "skills";
  const expanded = useMemo(() => Object.fromEntries(view.open.map((id) => [id, true])), [view.open]);
  const sorting = useMemo(() => [{ id: view.sort.key, desc: view.sort.descending }], [view.sort]);
  const data = useMemo(() => [...(parts ?? [])], [parts]);
  const table = useReactTable({
    data,
    columns: COLUMNS,
    state: { sorting, expanded, globalFilter: view.search },
    getRowId: (part, _, parent) => (parent ? `${parent.id}/${part.id}` : part.id),
    getSubRows: ({ agents }) => (agents ? [...agents] : undefined),
    getRowCanExpand: (row) => isSkills && row.depth === 0 && !isOfOneAgent,
    filterFromLeafRows: true,
    getColumnCanGlobalFilter: (column) => column.id === "id",
    globalFilterFn: "includesString",
    getCoreRowModel: getCoreRowModel(),
    getFilteredRowModel: getFilteredRowModel(),
    getSortedRowModel: getSortedRowModel(),
    getExpandedRowModel: getExpandedRowModel(),
    autoResetExpanded: false,
    autoResetPageIndex: false,
  });
  const { rows } = table.getRowModel();
  const { open } = view;
  const onToggle = useCallback(
    (id: string) => onChange({ open: open.includes(id) ? open.filter((other) => other !== id) : [...open, id] }),
    [open, onChange],
  );
  const topCount = rows.filter(({ depth }) => depth === 0).length;

  return (
    <section className="panel parts" aria-label={isSkills ? "Skills" : "Agents"}>
      <header>
        {isOfOneAgent ? (
          <h2>By skill</h2>
        ) : (
          <div className="segmented" role="group" aria-label="Rows">
            {(["agents", "skills"] as const).map((kind) => (
              <button key={kind} type="button" aria-pressed={kind === view.rows} onClick={() => onChange({ rows: kind })}>
                {kind === "agents" ? "Agents" : "Skills"}
              </button>
            ))}
          </div>
        )}
        <FindField label={isSkills ? "Search skills" : "Search agents"} text={view.search} onChange={(search) => onChange({ search })} />
        {/* Told only while somebody searches: otherwise it moves with the window. */}
        <span className="count" role={view.search === "" ? undefined : "status"}>
          {parts === null ? "Loading…" : countText(topCount, parts.length, view.rows)}
        </span>
        <button type="button" className="button quiet" onClick={() => onCsv(partsCsv(rows, view.rows))}>
          CSV<span className="unseen"> of the {view.rows}</span>
        </button>
      </header>
      <PartRows
        rows={rows}
        isSkills={isSkills}
        sort={view.sort}
        definitions={definitions}
        agentTarget={agentTarget}
        onSort={(key) => onChange({ sort: nextSort(view.sort, key) })}
        onToggle={onToggle}
      />
    </section>
  );
}

/** What stands at the head of a row. */
function wordOf({ id, name }: Part): string {
  return name ?? id;
}

function countText(shownCount: number, count: number, kind: View["rows"]): string {
  const all = `${formatValue("count", count)} ${kind}`;
  return shownCount === count ? all : `${formatValue("count", shownCount)} of ${all}`;
}

/** Figures descend first, ids ascend first; the same again turns round. */
function nextSort(sort: View["sort"], key: SortKey): View["sort"] {
  return sort.key === key ? { key, descending: !sort.descending } : { key, descending: key !== "id" };
}

/** All rows in their order, those beyond the screen too. */
function partsCsv(rows: readonly Row<Part>[], kind: View["rows"]): string {
  const isSkills = kind === "skills";
  return toCsv([
    [...(isSkills ? ["skillId", "agentId"] : ["agentId"]), ...METRIC_NAMES],
    ...rows.map((row) => {
      const { id, metrics } = row.original;
      const parent = row.getParentRow();
      const ids = isSkills ? [parent?.original.id ?? id, parent ? id : null] : [id];
      return [...ids, ...METRIC_NAMES.map((name) => metrics[name])];
    }),
  ]);
}
