import type { MouseEvent, ReactNode } from "react";
import type { Target } from "../board.ts";

interface PlainLinkProps {
  readonly to: Target;
  readonly className?: string;
  readonly tabIndex?: number;
  readonly children: ReactNode;
}

/** A link that stays within the page, unless it is asked for a new tab. */
export function PlainLink({ to, children, ...rest }: PlainLinkProps): ReactNode {
  const follow = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    to.open();
  };
  return (
    <a href={to.href} onClick={follow} {...rest}>
      {children}
    </a>
  );
}
