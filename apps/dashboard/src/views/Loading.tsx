import type { ReactNode } from "react";
import { TILE_GROUPS } from "./Totals.tsx";

/** In the shape of what is to come. */
export function Loading({ isTv }: { readonly isTv: boolean }): ReactNode {
  const groups = TILE_GROUPS.map(({ title, metrics }) => (
    <div key={title} className="tile-group">
      <div className="tiles">
        {metrics.map((name) => (
          <div key={name} className="tile">
            <span className="skeleton label" />
            <span className="skeleton value" />
          </div>
        ))}
      </div>
    </div>
  ));
  return (
    <div className={isTv ? "loading tv-totals" : "loading board"} role="status" aria-label="Loading the figures">
      {isTv ? (
        groups
      ) : (
        <>
          <div className="overview">
            <div className="totals">{groups}</div>
            <div className="panel chart" />
          </div>
          <div className="panel parts" />
        </>
      )}
    </div>
  );
}
