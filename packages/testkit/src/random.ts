export interface Random {
  /** A double in [0, 1). */
  readonly next: () => number;
  /** A double in [low, high). */
  readonly between: (low: number, high: number) => number;
  /** True with the probability given. */
  readonly chance: (probability: number) => boolean;
  /** One of the values, each as likely. */
  readonly pick: <Value>(values: readonly Value[]) => Value;
  /** One of the values, as likely as its weight. */
  readonly pickWeighted: <Entry extends { readonly weight: number }>(entries: readonly Entry[]) => Entry;
}

/**
 * Random numbers that are a function of their keys: the same keys give the same numbers.
 *
 * Keys and draws are mixed by the 32-bit finaliser of MurmurHash3 (Austin Appleby), in which every bit of the input
 * changes about half of the output's. Good enough for traffic, not for secrets.
 */
export function createRandom(...keys: readonly number[]): Random {
  const start = hash(...keys);
  let drawn = 0;

  function next(): number {
    return mix(start + Math.imul(++drawn, GOLDEN_RATIO)) / 2 ** 32;
  }
  function pick<Value>(values: readonly Value[]): Value {
    if (values.length === 0) throw new RangeError("pick needs at least one value, got none");
    return values[Math.floor(next() * values.length)]!;
  }
  function pickWeighted<Entry extends { readonly weight: number }>(entries: readonly Entry[]): Entry {
    let left = next() * entries.reduce((sum, { weight }) => sum + weight, 0);
    return entries.find(({ weight }) => (left -= weight) < 0) ?? entries.at(-1)!;
  }
  return {
    next,
    between: (low, high) => low + next() * (high - low),
    chance: (probability) => next() < probability,
    pick,
    pickWeighted,
  };
}

/** @returns 32 bits, from keys that are whole numbers; of each, the lowest 32 bits count */
function hash(...keys: readonly number[]): number {
  return keys.reduce((state, key) => mix(state + Math.imul(key, GOLDEN_RATIO)), GOLDEN_RATIO);
}

/** 2³² divided by the golden ratio: its multiples spread evenly over 32 bits. */
const GOLDEN_RATIO = 0x9e3779b9;

function mix(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
