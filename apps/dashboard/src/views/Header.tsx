import type { ReactNode } from "react";
import type { AgentName, Connection, Target } from "../board.ts";
import { PlainLink } from "../components/PlainLink.tsx";
import { formatMinutes, formatTimeRange, formatTimeToSecond } from "../metrics/format.ts";
import icon from "../icon.svg";
import type { View } from "../view/view.ts";
import { LiveBadge } from "./LiveBadge.tsx";

interface HeaderProps {
  readonly accountId: string;
  readonly agent: AgentName | null;
  readonly view: View;
  /** Null until an answer has come. */
  readonly window: { readonly startMs: number; readonly endMs: number } | null;
  readonly connection: Connection;
  readonly scheme: "light" | "dark";
  readonly home: Target;
  readonly onChange: (change: Partial<View>) => void;
}

/** What this is about, of when, and whether it is live. */
export function Header({ accountId, agent, view, window, connection, scheme, home, onChange }: HeaderProps): ReactNode {
  return (
    <header className="top">
      <img className="mark" src={icon} alt="" />
      <h1>
        {agent === null ? (
          accountId
        ) : (
          <>
            <PlainLink to={home}>{accountId}</PlainLink>
            <span className="slash" aria-hidden="true">
              /
            </span>
            <span>{agent.name ?? `Agent ${agent.id}`}</span>
            {agent.name !== null && <span className="agent-id"> {agent.id}</span>}
          </>
        )}
      </h1>
      <span className="window">
        Last {formatMinutes(view.timeframe)}
        {window && <span className="times"> {formatTimeRange(window.startMs, window.endMs)}</span>}
      </span>
      {view.tv && <span className="filters">{filterSummary(view)}</span>}
      <LiveBadge connection={connection} />
      {/* Moves at least every ten seconds: whoever sees it stand still knows that the screen does. */}
      {view.tv && window && connection.state === "live" && <span className="as-of">{formatTimeToSecond(window.endMs)}</span>}
      {!view.tv && (
        <div className="switches">
          <button
            type="button"
            className="button quiet"
            aria-pressed={scheme === "dark"}
            onClick={() => onChange({ theme: scheme === "dark" ? "light" : "dark" })}
          >
            Dark
          </button>
          <button
            type="button"
            className="button quiet"
            title="Large figures, no controls; Escape comes back"
            onClick={() => onChange({ tv: true })}
          >
            TV mode
          </button>
        </div>
      )}
    </header>
  );
}

/** On a screen without controls, what of the account it is about. */
function filterSummary({ skills, groups, sources, userType }: View): string {
  const parts = [
    skills.length > 0 ? `Skills ${skills.join(", ")}` : "",
    groups.length > 0 ? `Groups ${groups.join(", ")}` : "",
    sources.join(", "),
    userType === null ? "" : { HUMAN: "Humans", BOT: "Bots" }[userType],
  ];
  return parts.filter((part) => part !== "").join(" · ");
}
