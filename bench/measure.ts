/** One thing that is timed; what it returns is waited for. */
export type Work = () => unknown;

export interface MeasureOptions {
  /** At least this often, after warm-up. */
  readonly rounds: number;
  /** Quick work is repeated more often, until this much time has gone. */
  readonly budgetMs?: number;
}

const WARM_UPS = 2;
/** Of the budget, for each work: before all rounds, and before each round. */
const WARM_UP_PART = 10;
const REWARM_PART = 200;
const ROUNDS_MAX = 101;

/**
 * Times several works side by side: each round times all of them, so that what disturbs one disturbs the others. Before
 * it is timed, each runs untimed for the same short while: what is timed is work that goes on, not work that begins.
 *
 * @returns the median of each, ms
 */
export async function measure<Name extends string>(
  works: Readonly<Record<Name, Work>>,
  { rounds, budgetMs = 0 }: MeasureOptions,
): Promise<Readonly<Record<Name, number>>> {
  const names = Object.keys(works) as Name[];
  const timesOf = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (const name of names) await warmUp(works[name], WARM_UPS, budgetMs / WARM_UP_PART);
  const beganMs = performance.now();
  for (let i = 0; i < rounds || (i < ROUNDS_MAX && performance.now() - beganMs < budgetMs); i++) {
    for (const name of names) {
      await warmUp(works[name], 1, budgetMs / REWARM_PART);
      timesOf[name].push(await time(works[name]));
    }
  }
  return Object.fromEntries(names.map((name) => [name, medianOf(timesOf[name])])) as Record<Name, number>;
}

async function warmUp(work: Work, times: number, budgetMs: number): Promise<void> {
  const beganMs = performance.now();
  for (let i = 0; i < times || performance.now() - beganMs < budgetMs; i++) await work();
}

/** @returns ms */
export async function time(work: Work): Promise<number> {
  const beganMs = performance.now();
  const result = work();
  // Work that is done when it returns is not made to wait for a turn.
  if (result instanceof Promise) await result;
  return performance.now() - beganMs;
}

export function medianOf(values: readonly number[]): number {
  return quantileOf(values, 0.5);
}

/** @returns the smallest value that is not below a share of all */
export function quantileOf(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError("a quantile needs at least one value, got none");
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!;
}
