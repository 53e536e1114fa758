// A job fills the cells of a pass, agent by agent, task by task: each is some lanes for some intervals, and has cells of its own.
// Threads take them in their order, one after another.

import { gallop, lowerBound, subtract } from "./ranges";
import { addByInterval, addHighsByInterval, addRuns, NONE, part, pick, placeOf } from "./rows";

/** What stays the same while the job is done. */
@unmanaged
export class Job {
  windowStartMs: f64;
  widthMs: f64;
  /** Rows an interval from which on those of a lane are not added one by one. */
  subtractRows: f64;
  lanes: usize;
  /** By facet: the skill to group by, 0 where nothing is grouped by skill, negative for rows that are passed over. */
  skillOf: usize;
  intervalCount: u32;
  tasks: usize;
  /** So many tasks before one that fills the same lanes; it goes on where that one ended. 0: none does. */
  tasksBetween: u32;
  /** The first task that nobody has taken. */
  next: u32;
  /** The first task that must not be taken yet: its cells are being read. */
  limit: u32;
  /** By thread: what it needs for itself. */
  scratches: usize;
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
class Task {
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
  isDone: u32;
}

/** What a thread needs for itself: room for a word for every row of a lane, and one more, and `places` as `part` takes it. */
@unmanaged
class Scratch {
  rows: usize;
  places: usize;
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

/** Does the next task that is to be done. @param thread 0: the main one @returns whether there was one */
export function doNext(job: Job, thread: u32): bool {
  const scratch = scratchOf(job, thread);
  const nextAt = changetype<usize>(job) + offsetof<Job>("next");
  while (true) {
    const taken = atomic.load<u32>(nextAt);
    if (taken >= atomic.load<u32>(changetype<usize>(job) + offsetof<Job>("limit"))) return false;
    if (job.tasksBetween > 0 && taken >= job.tasksBetween && !isDone(job, taken - job.tasksBetween)) return false;
    if (atomic.cmpxchg<u32>(nextAt, taken, taken + 1) != taken) continue;
    const task = taskOf(job, taken);
    task.lastCell = task.firstCell;
    for (let l = task.firstLane; l < task.lastLane; l++) fillLane(job, laneOf(job, l), task, scratch);
    atomic.store<u32>(changetype<usize>(task) + offsetof<Task>("isDone"), 1);
    return true;
  }
}

export function isDone(job: Job, task: u32): bool {
  return atomic.load<u32>(changetype<usize>(taskOf(job, task)) + offsetof<Task>("isDone")) != 0;
}

/** A helper looks so often for more to do before it sleeps: about 20 µs. */
const LOOKS: u32 = 1_000;

/**
 * What a helper does while there is something to do.
 *
 * @param jobAt where the job is told that is to be helped with; 0: none
 * @param atWorkAt where the helper tells the job that it is at: its memory must not be given to others as long as it does
 * @param thread 1 and up
 */
export function help(jobAt: usize, atWorkAt: usize, thread: u32): void {
  for (let looked: u32 = 0; looked < LOOKS; looked++) {
    const job = atomic.load<usize>(jobAt);
    if (job == 0) continue;
    atomic.store<usize>(atWorkAt, job);
    // Whoever ends a job takes it away first, and looks who is at work afterwards.
    if (atomic.load<usize>(jobAt) == job && doNext(changetype<Job>(job), thread)) looked = 0;
    atomic.store<usize>(atWorkAt, 0);
  }
}

function scratchOf(job: Job, thread: u32): Scratch {
  return changetype<Scratch>(job.scratches + <usize>thread * offsetof<Scratch>());
}

function laneOf(job: Job, l: u32): Lane {
  return changetype<Lane>(job.lanes + <usize>l * offsetof<Lane>());
}

function taskOf(job: Job, t: u32): Task {
  return changetype<Task>(job.tasks + <usize>t * offsetof<Task>());
}

function fillLane(job: Job, lane: Lane, task: Task, scratch: Scratch): void {
  if (lane.skill == NONE) return;
  const ends = lane.ends;
  const startMs = job.windowStartMs + <f64>task.firstInterval * job.widthMs;
  const endMs = job.windowStartMs + <f64>task.lastInterval * job.widthMs;
  const from = lane.cursor == -1 ? lowerBound(ends, startMs, 0, lane.rowCount) : <u32>lane.cursor;
  // Near, where some intervals are filled at a time: looking at the lane's end first would fetch memory for nothing.
  const isLast = task.lastInterval == job.intervalCount;
  const to = isLast ? lowerBound(ends, endMs, from, lane.rowCount) : gallop(ends, endMs, from, lane.rowCount);
  if (job.tasksBetween > 0) lane.cursor = to;
  if (from == to) return;
  const cell = task.lastCell;
  const isAlike = !lane.isPart && lane.skill != MIXED;
  if (isAlike && <f64>(to - from) >= job.subtractRows * <f64>(task.lastInterval - task.firstInterval)) {
    subtractRows(job, lane, task, from, to);
  } else {
    addRows(job, lane, task, from, to, scratch);
  }
  fill(task.agents, cell, task.lastCell, lane.agent);
}

function subtractRows(job: Job, lane: Lane, task: Task, from: u32, to: u32): void {
  const cell = task.lastCell;
  task.lastCell = subtract(
    lane.ends,
    lane.values,
    lane.highs,
    lane.checkpoints,
    from,
    to,
    job.windowStartMs,
    job.widthMs,
    task.firstInterval,
    task.lastInterval,
    task.sums,
    task.intervals,
    cell,
  );
  fill(task.skills, cell, task.lastCell, lane.skill);
}

function addRows(job: Job, lane: Lane, task: Task, from: u32, to: u32, scratch: Scratch): void {
  if (lane.skill != MIXED) {
    if (!lane.isPart) addRun(job, lane, task, 0, from, to - from, lane.skill);
    else addRun(job, lane, task, scratch.rows, 0, pick(lane.facets, from, to, job.skillOf, scratch.rows), lane.skill);
    return;
  }
  part(lane.facets, from, to, job.skillOf, lane.skills, lane.skillCount, scratch.places, scratch.rows);
  let list = scratch.rows;
  for (let s: usize = 0; s < <usize>lane.skillCount; s++) {
    const skill = load<i32>(lane.skills + (s << 2));
    const end = load<usize>(placeOf(scratch.places, skill));
    addRun(job, lane, task, list, 0, <u32>((end - list) >> 2), skill);
    list = end;
  }
}

/** Rows that have their skill in common. */
function addRun(job: Job, lane: Lane, task: Task, list: usize, from: u32, count: u32, skill: i32): void {
  if (count == 0) return;
  const cell = task.lastCell;
  const ends = lane.ends;
  const values = lane.values;
  const startMs = job.windowStartMs;
  const many = count >= RUN_ROWS * (task.lastInterval - task.firstInterval);
  task.lastCell = many
    ? addRuns(ends, values, list, from, count, startMs, job.widthMs, task.sums, task.intervals, cell)
    : addByInterval(ends, values, list, from, count, startMs, job.widthMs, task.sums, task.intervals, cell);
  if (lane.highs != 0) addHighsByInterval(ends, values, lane.highs, list, from, count, startMs, job.widthMs, task.sums, cell);
  fill(task.skills, cell, task.lastCell, skill);
}

/** Puts a word in the places `[from, to)`. */
function fill(words: usize, from: u32, to: u32, word: u32): void {
  for (let place = from; place < to; place++) store<u32>(words + ((<usize>place) << 2), word);
}
