import type { ReactNode } from "react";

interface NoticeProps {
  readonly faults: readonly string[];
  readonly onDismiss: () => void;
}

/** What of the address was passed over. */
export function Notice({ faults, onDismiss }: NoticeProps): ReactNode {
  if (faults.length === 0) return null;
  return (
    <aside className="notice" role="status">
      <div>
        <strong>Part of the address was passed over</strong>
        <ul>
          {faults.map((fault) => (
            <li key={fault}>{fault}</li>
          ))}
        </ul>
      </div>
      <button type="button" className="button quiet" onClick={onDismiss}>
        Dismiss
      </button>
    </aside>
  );
}
