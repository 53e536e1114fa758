import { useLiveBoardSplitSubscription, useLiveBoardSubscription, type SegmentFilter, type SubscriptionState } from "@segmeter/hooks";
import { useMemo } from "react";
import type { Board, Connection, Series } from "../board.ts";
import { usualInterval } from "../view/interval.ts";
import type { View } from "../view/view.ts";
import type { Content } from "../views/Screen.tsx";
import { toBoard, toConnection, toIntervals, toTrouble } from "./answers.ts";
import { useBusiest } from "./useBusiest.ts";

const EVERY_MS = 1000;
const NO_LINES: readonly Series[] = [];

export interface LiveBoard {
  readonly content: Content;
  readonly connection: Connection;
}

/** The figures of a view, kept up to date by the gateway. */
export function useBoard(accountId: string, agentId: string | null, view: View): LiveBoard {
  const interval = view.interval ?? usualInterval(view.timeframe);
  const question = { accountId, timeframe: view.timeframe, filter: toFilter(view, agentId), everyMs: EVERY_MS };
  const rows = agentId === null ? view.rows : "skills";
  const split = view.tv ? "none" : view.split;
  const openSkillIds = rows === "skills" && agentId === null && !view.tv ? view.open : [];
  const state = useLiveBoardSubscription(
    {
      ...question,
      // What is left out has to be named all the same.
      intervalMinutes: interval ?? view.timeframe,
      withIntervals: interval !== null,
      // One agent's page has the name from there.
      withAgents: agentId !== null || (!view.tv && (rows === "agents" || split === "agent")),
      withSkills: !view.tv && (rows === "skills" || split === "skill"),
      withOpenSkills: openSkillIds.length > 0,
      openSkillIds,
    },
    { keepPreviousData: true },
  );

  const answer = state.data?.agentSegments;
  const board = useMemo(() => answer && toBoard(answer), [answer]);
  const lines = useSeries(board, state.status === "live", split, interval, question);

  const trouble = toTrouble(state, accountId);
  const connection = toConnection(state.status === "live" && lines.state.status === "stale" ? lines.state : state);
  if (trouble !== null) return { content: { state: "troubled", trouble }, connection };
  if (board === undefined) return { content: { state: "loading" }, connection };
  return { content: { state: "showing", board, series: lines.series }, connection };
}

interface Question {
  readonly accountId: string;
  readonly timeframe: number;
  readonly filter: SegmentFilter;
  readonly everyMs: number;
}

interface Line {
  readonly id: string;
  /** Skills have none. */
  readonly name?: string | null;
  readonly intervals: Parameters<typeof toIntervals>[0];
}

/** Everybody's line, or those of the busiest skills or agents. */
function useSeries(
  board: Board | undefined,
  isLive: boolean,
  split: View["split"],
  interval: number | null,
  question: Question,
): { readonly series: readonly Series[]; readonly state: SubscriptionState<unknown> } {
  const parts = (split === "skill" ? board?.skills : board?.agents) ?? null;
  const ids = useBusiest(isLive ? parts : null, JSON.stringify([question, split]));
  const isSplit = split !== "none" && interval !== null && ids.length > 0;
  const state = useLiveBoardSplitSubscription(
    { ...question, intervalMinutes: interval ?? question.timeframe, bySkill: split === "skill", ids },
    { enabled: isSplit, keepPreviousData: true },
  );
  const answer = state.data?.agentSegments;
  const series = useMemo(() => {
    if (board === undefined) return NO_LINES;
    if (split === "none") return [{ id: null, intervals: board.intervals }];
    const lines: readonly Line[] = (split === "skill" ? answer?.skills : answer?.agents) ?? [];
    return ids.flatMap((id) =>
      lines.filter((line) => line.id === id).map(({ name = null, intervals }) => ({ id, name, intervals: toIntervals(intervals) })),
    );
  }, [board, split, answer, ids]);
  return { series, state };
}

function toFilter(view: View, agentId: string | null): SegmentFilter {
  return {
    ...(agentId !== null && { agentIds: [agentId] }),
    ...(view.skills.length > 0 && { skillIds: view.skills }),
    ...(view.groups.length > 0 && { groupIds: view.groups }),
    ...(view.sources.length > 0 && { sources: view.sources }),
    ...(view.userType !== null && { userType: view.userType }),
  };
}
