// Filling the cells of a pass, agent by agent: each task is some lanes for some intervals, and has cells of its own.

import { gallop, lowerBound, subtract } from "./ranges";
import { addByInterval, addHighsByInterval, addRuns, NONE, part, pick, placeOf } from "./rows";

/** What stays the same while all of it is filled. */
@unmanaged
class Filling {
  windowStartMs: f64;
  widthMs: f64;
  /** Rows an interval from which on those of a lane are not added one by one. */
  subtractRows: f64;
  lanes: usize;
  /** By facet: the skill to group by, 0 where nothing is grouped by skill, negative for rows that are passed over. */
  skillOf: usize;
  intervalCount: u32;
  /** The lanes are filled for some intervals at a time, from where the task before has ended. */
  isByIntervals: u32;
  /**
   * Where `places`, as `part` takes it, lies in what a thread has for itself. Before it is room for a word for every row of a lane,
   * and one more.
   */
  placesAt: usize;
}

/** One lane as it was when the pass began. */
@unmanaged
class Lane {
  ends: usize;
  values: usize;
  highs: usize;
  facets: usize;
  checkpoints: usize;
  rowCount: u32;
  agent: u32;
  /** Facets that its rows have, or once had. */
  ownFacets: usize;
  ownFacetCount: u32;
  /** The skill of all rows that count; `MIXED` where they differ, `NONE` where none counts. */
  skill: i32;
  /** How many skills the rows that count have at most. */
  skillCount: u32;
  /** They, in the order of their ranks. */
  skills: usize;
  /** Some of the rows are passed over. */
  isPart: u32;
  /** The first row behind the intervals before; -1: nobody has looked. */
  cursor: i32;
}

@unmanaged
class FillTask {
  isDone: u32;
  firstLane: u32;
  lastLane: u32;
  firstInterval: u32;
  lastInterval: u32;
  sums: usize;
  intervals: usize;
  skills: usize;
  agents: usize;
  firstCell: u32;
  /** When it is done: the cell behind the last. */
  lastCell: u32;
}

/** With so many rows an interval, guessing where it ends costs less than not guessing. */
const RUN_ROWS: u32 = 4;
const MIXED: i32 = -2;

/**
 * Looks at the facets of every lane. Filters mostly keep an agent's rows or pass them over as a whole: agents keep their group
 * and their user type, and work few skills.
 *
 * @param ranks by skill: its place among the skills of a lane
 * @param seen a word for every skill, 0 now and when it is done
 */
export function findSkills(lanes: usize, laneCount: u32, skillOf: usize, ranks: usize, seen: usize): void {
  for (let l: usize = 0; l < <usize>laneCount; l++) findSkillsOf(changetype<Lane>(lanes + l * offsetof<Lane>()), skillOf, ranks, seen);
}

function findSkillsOf(lane: Lane, skillOf: usize, ranks: usize, seen: usize): void {
  const skills = lane.skills;
  let end = skills;
  for (let f: usize = 0; f < <usize>lane.ownFacetCount; f++) {
    const skill = load<i32>(skillOf + ((<usize>load<u32>(lane.ownFacets + (f << 2))) << 2));
    if (skill == NONE) {
      lane.isPart = 1;
      continue;
    }
    const seenAt = seen + ((<usize>skill) << 2);
    if (load<u32>(seenAt) != 0) continue;
    store<u32>(seenAt, 1);
    insert(skill, skills, end, ranks);
    end += 4;
  }
  for (let at = skills; at < end; at += 4) store<u32>(seen + ((<usize>load<u32>(at)) << 2), 0);
  lane.skillCount = <u32>((end - skills) >> 2);
  lane.skill = lane.skillCount == 0 ? NONE : lane.skillCount == 1 ? load<i32>(skills) : MIXED;
}

/** Puts a skill where it belongs among those of `[begin, end)`. */
function insert(skill: i32, begin: usize, end: usize, ranks: usize): void {
  const rank = load<u32>(ranks + ((<usize>skill) << 2));
  let at = end;
  for (; at > begin; at -= 4) {
    const before = load<i32>(at - 4);
    if (load<u32>(ranks + ((<usize>before) << 2)) < rank) break;
    store<i32>(at, before);
  }
  store<i32>(at, skill);
}

/** @param fillingAt a `Filling` @param taskAt a `FillTask` @param scratch what the thread has for itself */
export function fillCells(fillingAt: usize, taskAt: usize, scratch: usize): void {
  const filling = changetype<Filling>(fillingAt);
  const task = changetype<FillTask>(taskAt);
  task.lastCell = task.firstCell;
  for (let l = task.firstLane; l < task.lastLane; l++) {
    fillLane(filling, changetype<Lane>(filling.lanes + <usize>l * offsetof<Lane>()), task, scratch);
  }
}

function fillLane(filling: Filling, lane: Lane, task: FillTask, scratch: usize): void {
  if (lane.skill == NONE) return;
  const ends = lane.ends;
  const startMs = filling.windowStartMs + <f64>task.firstInterval * filling.widthMs;
  const endMs = filling.windowStartMs + <f64>task.lastInterval * filling.widthMs;
  const from = lane.cursor == -1 ? lowerBound(ends, startMs, 0, lane.rowCount) : <u32>lane.cursor;
  // Near, where some intervals are filled at a time: looking at the lane's end first would fetch memory for nothing.
  const isLast = task.lastInterval == filling.intervalCount;
  const to = isLast ? lowerBound(ends, endMs, from, lane.rowCount) : gallop(ends, endMs, from, lane.rowCount);
  if (filling.isByIntervals != 0) lane.cursor = to;
  if (from == to) return;
  const cell = task.lastCell;
  const isAlike = !lane.isPart && lane.skill != MIXED;
  if (isAlike && <f64>(to - from) >= filling.subtractRows * <f64>(task.lastInterval - task.firstInterval)) {
    subtractRows(filling, lane, task, from, to);
  } else {
    addRows(filling, lane, task, from, to, scratch);
  }
  fill(task.agents, cell, task.lastCell, lane.agent);
}

function subtractRows(filling: Filling, lane: Lane, task: FillTask, from: u32, to: u32): void {
  const cell = task.lastCell;
  task.lastCell = subtract(
    lane.ends,
    lane.values,
    lane.highs,
    lane.checkpoints,
    from,
    to,
    filling.windowStartMs,
    filling.widthMs,
    task.firstInterval,
    task.lastInterval,
    task.sums,
    task.intervals,
    cell,
  );
  fill(task.skills, cell, task.lastCell, lane.skill);
}

function addRows(filling: Filling, lane: Lane, task: FillTask, from: u32, to: u32, scratch: usize): void {
  if (lane.skill != MIXED) {
    if (!lane.isPart) addRun(filling, lane, task, 0, from, to - from, lane.skill);
    else addRun(filling, lane, task, scratch, 0, pick(lane.facets, from, to, filling.skillOf, scratch), lane.skill);
    return;
  }
  const places = scratch + filling.placesAt;
  part(lane.facets, from, to, filling.skillOf, lane.skills, lane.skillCount, places, scratch);
  let list = scratch;
  for (let s: usize = 0; s < <usize>lane.skillCount; s++) {
    const skill = load<i32>(lane.skills + (s << 2));
    const end = load<usize>(placeOf(places, skill));
    addRun(filling, lane, task, list, 0, <u32>((end - list) >> 2), skill);
    list = end;
  }
}

/** Rows that have their skill in common. */
function addRun(filling: Filling, lane: Lane, task: FillTask, list: usize, from: u32, count: u32, skill: i32): void {
  if (count == 0) return;
  const cell = task.lastCell;
  const ends = lane.ends;
  const values = lane.values;
  const startMs = filling.windowStartMs;
  const many = count >= RUN_ROWS * (task.lastInterval - task.firstInterval);
  task.lastCell = many
    ? addRuns(ends, values, list, from, count, startMs, filling.widthMs, task.sums, task.intervals, cell)
    : addByInterval(ends, values, list, from, count, startMs, filling.widthMs, task.sums, task.intervals, cell);
  if (lane.highs != 0) addHighsByInterval(ends, values, lane.highs, list, from, count, startMs, filling.widthMs, task.sums, cell);
  fill(task.skills, cell, task.lastCell, skill);
}

/** Puts a word in the places `[from, to)`. */
function fill(words: usize, from: u32, to: u32, word: u32): void {
  for (let place = from; place < to; place++) store<u32>(words + ((<usize>place) << 2), word);
}
