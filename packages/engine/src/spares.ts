import { Cells } from "./cells.ts";

const SPARES_MAX = 8;
const SPARE_CAPACITY_MAX = 16_384;
const LARGE_SPARES_MAX = 2;

const spares: Cells[] = [];
/** Those that have grown large: asked again, they spare the time that fresh memory costs. Whoever needs memory gets it. */
const largeSpares: WeakRef<Cells>[] = [];

/** Cells that nobody uses. @param capacity how many will be needed, as far as it is known */
export function takeSpare(capacity = 0): Cells {
  const large = capacity > SPARE_CAPACITY_MAX ? largeSpares.pop()?.deref() : undefined;
  const cells = large ?? spares.pop() ?? new Cells();
  cells.clear();
  cells.reserve(capacity);
  return cells;
}

export function giveBack(cells: Cells): void {
  if (cells.capacity <= SPARE_CAPACITY_MAX) {
    if (spares.length < SPARES_MAX) spares.push(cells);
  } else if (largeSpares.length < LARGE_SPARES_MAX) largeSpares.push(new WeakRef(cells));
}
