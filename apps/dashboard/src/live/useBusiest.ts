import { useState } from "react";
import type { Part } from "../board.ts";

const LINES_MAX = 6;

interface Chosen {
  readonly question: string;
  readonly ids: readonly string[];
}

/**
 * The ids of the parts with most segments, at most six. They stay the same for one question, so that lines do not come and go.
 *
 * @param parts null while they do not belong to the question yet
 */
export function useBusiest(parts: readonly Part[] | null, question: string): readonly string[] {
  const [chosen, setChosen] = useState<Chosen>({ question, ids: [] });
  const isOfQuestion = chosen.question === question;
  const canGrow = chosen.ids.length < LINES_MAX && parts !== null && parts.length > chosen.ids.length;
  if (parts !== null && parts.length > 0 && (!isOfQuestion || canGrow)) setChosen({ question, ids: busiest(parts) });
  return isOfQuestion ? chosen.ids : NONE;
}

const NONE: readonly string[] = [];

function busiest(parts: readonly Part[]): readonly string[] {
  return parts
    .toSorted((a, b) => segmentsOf(b) - segmentsOf(a))
    .slice(0, LINES_MAX)
    .map(({ id }) => id);
}

function segmentsOf({ metrics }: Part): number {
  return metrics.totalAgentConversationSegments ?? 0;
}
