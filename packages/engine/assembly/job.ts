// A job is many tasks of one kind. Threads take them in their order, one after another.

import { readCells } from "./columns";
import { fillCells } from "./fill";

@unmanaged
export class Job {
  /** What its tasks fill; 0: they read. */
  filling: usize;
  /** The first word of each tells whether it is done. */
  tasks: usize;
  taskBytes: u32;
  /** So many tasks before one that goes on where that one ended. 0: none does. */
  tasksBetween: u32;
  /** The first task that nobody has taken. */
  next: u32;
  /** The first task that must not be taken yet: what it writes to is being read. */
  limit: u32;
  /** By thread: what it needs for itself. */
  scratches: usize;
  scratchBytes: u32;
}

/** Does the next task that is to be done. @param thread 0: the main one @returns whether there was one */
export function doNext(job: Job, thread: u32): bool {
  const nextAt = changetype<usize>(job) + offsetof<Job>("next");
  while (true) {
    const taken = atomic.load<u32>(nextAt);
    if (taken >= atomic.load<u32>(changetype<usize>(job) + offsetof<Job>("limit"))) return false;
    if (job.tasksBetween > 0 && taken >= job.tasksBetween && !isDone(job, taken - job.tasksBetween)) return false;
    if (atomic.cmpxchg<u32>(nextAt, taken, taken + 1) != taken) continue;
    const task = taskAt(job, taken);
    const scratch = job.scratches + <usize>thread * job.scratchBytes;
    if (job.filling == 0) readCells(task, scratch);
    else fillCells(job.filling, task, scratch);
    atomic.store<u32>(task, 1);
    return true;
  }
}

export function isDone(job: Job, task: u32): bool {
  return atomic.load<u32>(taskAt(job, task)) != 0;
}

function taskAt(job: Job, task: u32): usize {
  return job.tasks + <usize>task * job.taskBytes;
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
