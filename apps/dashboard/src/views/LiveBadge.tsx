import type { ReactNode } from "react";
import type { Connection } from "../board.ts";
import { formatTimeToSecond } from "../metrics/format.ts";

/** Whether what is on the screen is what is. */
export function LiveBadge({ connection }: { readonly connection: Connection }): ReactNode {
  return (
    <span className="live" data-state={connection.state} role="status">
      <span className="dot" aria-hidden="true" />
      {textOf(connection)}
    </span>
  );
}

function textOf(connection: Connection): string {
  switch (connection.state) {
    case "connecting":
      return "Connecting…";
    case "live":
      return "Live";
    case "ended":
      return "Not live";
    case "reconnecting":
      return `Reconnecting – stale since ${formatTimeToSecond(connection.sinceMs)}`;
  }
}
