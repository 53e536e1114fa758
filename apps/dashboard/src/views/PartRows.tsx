import type { Row } from "@tanstack/react-table";
import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import type { MetricDefinition, Part, Target } from "../board.ts";
import { MetricValue } from "../components/MetricValue.tsx";
import { PlainLink } from "../components/PlainLink.tsx";
import { useRootFontPx } from "../components/useRootFontPx.ts";
import { METRICS } from "../metrics/metrics.ts";
import type { SortKey, View } from "../view/view.ts";

interface PartRowsProps {
  readonly rows: readonly Row<Part>[];
  readonly isSkills: boolean;
  readonly sort: View["sort"];
  readonly definitions: readonly MetricDefinition[];
  readonly agentTarget: (agentId: string) => Target;
  readonly onSort: (key: SortKey) => void;
  readonly onToggle: (skillId: string) => void;
}

const ROW_REM = 2.125;
const OVERSCAN = 12;
const PAGE_ROWS = 10;

/** The heads and the rows in sight; arrow keys go from row to row, Enter opens an agent, right and left open and close a skill. */
export function PartRows({ rows, isSkills, sort, definitions, agentTarget, onSort, onToggle }: PartRowsProps): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const rootPx = useRootFontPx();
  const [activeId, setActiveId] = useState<string | null>(null);
  const isMoving = useRef(false);
  const activeIndex = Math.max(
    0,
    rows.findIndex(({ id }) => id === activeId),
  );
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_REM * rootPx,
    getItemKey: (index) => rows[index]!.id,
    overscan: OVERSCAN,
    // The row that has the focus keeps it when it is scrolled out of sight.
    rangeExtractor: (range) => {
      const indexes = defaultRangeExtractor(range);
      return indexes.includes(activeIndex) || activeIndex >= rows.length ? indexes : [...indexes, activeIndex].toSorted((a, b) => a - b);
    },
  });
  useEffect(() => virtualizer.measure(), [virtualizer, rootPx]);
  useEffect(() => {
    if (!isMoving.current) return;
    isMoving.current = false;
    scroller.current?.querySelector<HTMLElement>('[role="row"][tabindex="0"]')?.focus({ preventScroll: true });
  }, [activeId]);

  const moveTo = (index: number): void => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (!row || row.id === activeId) return;
    isMoving.current = true;
    setActiveId(row.id);
    virtualizer.scrollToIndex(rows.indexOf(row));
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const row = rows[activeIndex];
    if (!row || !(event.target instanceof HTMLElement) || event.target.role !== "row") return;
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: activeIndex + 1,
      ArrowUp: activeIndex - 1,
      PageDown: activeIndex + PAGE_ROWS,
      PageUp: activeIndex - PAGE_ROWS,
      Home: 0,
      End: rows.length - 1,
    };
    const next = moves[event.key];
    if (next !== undefined) moveTo(next);
    else if (event.key === "ArrowRight" && row.getCanExpand() && !row.getIsExpanded()) onToggle(row.original.id);
    else if (event.key === "ArrowLeft" && row.getCanExpand() && row.getIsExpanded()) onToggle(row.original.id);
    else if (event.key === "ArrowLeft" && row.depth > 0) moveTo(rows.findIndex(({ id }) => id === row.parentId));
    else if (event.key === "Enter" && row.getCanExpand()) onToggle(row.original.id);
    else if (event.key === "Enter" && isAgent(row, isSkills)) agentTarget(row.original.id).open();
    else return;
    event.preventDefault();
  };

  return (
    <div className="grid-scroller" ref={scroller}>
      <div
        className="grid"
        role={isSkills ? "treegrid" : "grid"}
        aria-label={isSkills ? "Skills and their agents" : "Agents"}
        aria-rowcount={rows.length + 1}
        aria-colcount={METRICS.length + 1}
      >
        <div role="rowgroup" className="heads">
          <div role="row" aria-rowindex={1} className="grid-row">
            <Head sortKey="id" label={isSkills ? "Skill" : "Agent"} sort={sort} onSort={onSort} />
            {METRICS.map(({ name, label }) => (
              <Head
                key={name}
                sortKey={name}
                label={label}
                title={`${name}: ${definitions.find((definition) => definition.name === name)?.definition ?? ""}`}
                sort={sort}
                onSort={onSort}
              />
            ))}
          </div>
        </div>
        {/* oxlint-disable-next-line jsx-a11y/interactive-supports-focus -- its rows take the focus in turn */}
        <div role="rowgroup" className="rows" style={{ height: virtualizer.getTotalSize() }} onKeyDown={onKeyDown}>
          {virtualizer.getVirtualItems().map(({ index, start, size }) => {
            const row = rows[index]!;
            return (
              <PartRow
                key={row.id}
                rowId={row.id}
                part={row.original}
                index={index}
                start={start}
                size={size}
                level={isSkills ? row.depth + 1 : null}
                isExpanded={row.getCanExpand() ? row.getIsExpanded() : null}
                isAgent={isAgent(row, isSkills)}
                isActive={index === activeIndex}
                sortKey={sort.key}
                onActivate={setActiveId}
                onToggle={onToggle}
                agentTarget={agentTarget}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

function isAgent(row: Row<Part>, isSkills: boolean): boolean {
  return !isSkills || row.depth > 0;
}

interface PartRowProps extends Pick<PartRowsProps, "agentTarget" | "onToggle"> {
  readonly rowId: string;
  readonly part: Part;
  readonly index: number;
  /** In px from the top of the rows. */
  readonly start: number;
  readonly size: number;
  /** Null where there are no levels. */
  readonly level: number | null;
  /** Null: it cannot be opened. */
  readonly isExpanded: boolean | null;
  readonly isAgent: boolean;
  readonly isActive: boolean;
  readonly sortKey: SortKey;
  readonly onActivate: (rowId: string) => void;
}

/** Drawn anew only if something of it has changed: scrolling leaves most rows as they are. */
const PartRow = memo(function PartRow({ part, index, start, size, level, isExpanded, isActive, sortKey, ...row }: PartRowProps): ReactNode {
  return (
    <div
      role="row"
      className="grid-row"
      aria-rowindex={index + 2}
      {...(level !== null && { "aria-level": level })}
      {...(isExpanded !== null && { "aria-expanded": isExpanded })}
      data-depth={(level ?? 1) - 1}
      tabIndex={isActive ? 0 : -1}
      onFocus={() => row.onActivate(row.rowId)}
      style={{ height: size, transform: `translateY(${start}px)` }}
    >
      <div role="rowheader" className="cell name" title={part.name ? part.id : undefined}>
        <Name part={part} isAgent={row.isAgent} isExpanded={isExpanded} agentTarget={row.agentTarget} onToggle={row.onToggle} />
      </div>
      {METRICS.map((metric) => (
        <div key={metric.name} role="gridcell" className="cell" data-sorted={metric.name === sortKey}>
          <MetricValue metric={metric} value={part.metrics[metric.name]} />
        </div>
      ))}
    </div>
  );
});

interface NameProps extends Pick<PartRowProps, "isAgent" | "isExpanded" | "agentTarget" | "onToggle"> {
  readonly part: Part;
}

function Name({ part: { id, name }, isAgent: isOfAgent, isExpanded, agentTarget, onToggle }: NameProps): ReactNode {
  if (isOfAgent) {
    return (
      <PlainLink to={agentTarget(id)} tabIndex={-1}>
        {name ?? id}
      </PlainLink>
    );
  }
  if (isExpanded === null) return <span>{id}</span>;
  return (
    <button type="button" className="toggle" tabIndex={-1} aria-expanded={isExpanded} onClick={() => onToggle(id)}>
      <span className="chevron" aria-hidden="true" />
      {id}
    </button>
  );
}

interface HeadProps extends Pick<PartRowsProps, "sort" | "onSort"> {
  readonly sortKey: SortKey;
  readonly label: string;
  readonly title?: string;
}

function Head({ sortKey, label, title, sort, onSort }: HeadProps): ReactNode {
  const isSorted = sort.key === sortKey;
  const direction = sort.descending ? "descending" : "ascending";
  return (
    <div role="columnheader" className="cell" aria-sort={isSorted ? direction : "none"}>
      <button type="button" title={title} onClick={() => onSort(sortKey)}>
        {label}
        <span className="arrow" aria-hidden="true">
          {isSorted && (sort.descending ? "↓" : "↑")}
        </span>
      </button>
    </div>
  );
}
