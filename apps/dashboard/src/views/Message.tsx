import type { ReactNode } from "react";

/** Why there is nothing to show; each kind has its words. */
export type Trouble =
  | { readonly kind: "empty"; readonly isFiltered: boolean }
  | { readonly kind: "forbidden"; readonly accountId: string }
  | { readonly kind: "loggedOut" }
  | { readonly kind: "unreachable" }
  | { readonly kind: "refused"; readonly causes: readonly string[] }
  | { readonly kind: "failed"; readonly causes: readonly string[] };

interface MessageProps {
  readonly trouble: Trouble;
  readonly onRetry?: () => void;
  readonly onClearFilters?: () => void;
}

/** Takes the place of the figures. */
export function Message({ trouble, onRetry, onClearFilters }: MessageProps): ReactNode {
  const { title, text, causes } = wordsFor(trouble);
  return (
    <section className="message" data-kind={trouble.kind} role={trouble.kind === "empty" ? undefined : "alert"}>
      <h2>{title}</h2>
      <p>{text}</p>
      {causes.length > 0 && (
        <ul>
          {causes.map((cause) => (
            <li key={cause}>{cause}</li>
          ))}
        </ul>
      )}
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          {trouble.kind === "loggedOut" ? "Log in" : "Try again"}
        </button>
      )}
      {onClearFilters && (
        <button type="button" className="button" onClick={onClearFilters}>
          Clear the filters
        </button>
      )}
    </section>
  );
}

function wordsFor(trouble: Trouble): { readonly title: string; readonly text: string; readonly causes: readonly string[] } {
  switch (trouble.kind) {
    case "empty":
      return trouble.isFiltered
        ? { title: "No segment passes these filters", text: "None of the segments that ended in this window matches them.", causes: [] }
        : {
            title: "No segment has ended in this window",
            text: "Figures appear here by themselves as soon as an agent's segment ends. A longer window may already hold some.",
            causes: [],
          };
    case "forbidden":
      return {
        title: "This account is not open to you",
        text: `You may not see the account “${trouble.accountId}”. Ask whoever runs this gateway for access, or check the account in the address.`,
        causes: [],
      };
    case "loggedOut":
      return {
        title: "You are not logged in",
        text: "Whatever let this page see figures holds no longer. Log in to go on here.",
        causes: [],
      };
    case "unreachable":
      return {
        title: "The gateway cannot be reached",
        text: "Nothing has come from it so far. It is tried again by itself; the figures appear as soon as it answers.",
        causes: [],
      };
    case "refused":
      return { title: "The gateway did not take this view", text: "Change the part of the address that it names.", causes: trouble.causes };
    case "failed":
      return {
        title: "The gateway could not answer",
        text: "The fault is the gateway's, not the view's. It says:",
        causes: trouble.causes,
      };
  }
}
