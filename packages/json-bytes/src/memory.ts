/** What JSON is written into. */
export type Memory = Uint8Array<ArrayBuffer>;

const CAPACITY_MIN = 64 * 1024;
/** Memory that grew beyond is not kept. */
const SPARE_CAPACITY_MAX = 4 * 1024 * 1024;
const SPARES_MAX = 8;

/** What was used last comes first: it is in the processor's cache. */
const spares: Memory[] = [];
const lent = new WeakMap<ArrayBufferLike, Memory>();

export function takeMemory(bytesMin = CAPACITY_MIN): Memory {
  const place = spares.findLastIndex(({ length }) => length >= bytesMin);
  return place === -1 ? new Uint8Array(bytesMin) : spares.splice(place, 1)[0]!;
}

/** Whoever gave it does not touch it any more. */
export function keepMemory(memory: Memory): void {
  const isOfUse = memory.length >= CAPACITY_MIN && memory.length <= SPARE_CAPACITY_MAX;
  if (isOfUse && spares.length < SPARES_MAX) spares.push(memory);
}

/** @returns the first bytes of a memory that nobody writes into before they come back */
export function lendBytes(memory: Memory, length: number): Buffer {
  lent.set(memory.buffer, memory);
  return Buffer.from(memory.buffer, 0, length);
}

/** Takes back what `lend` gave, and nobody reads any more: it will be written over. Other bytes stay what they are. */
export function giveBack(bytes: Buffer): void {
  const memory = lent.get(bytes.buffer);
  if (memory && lent.delete(bytes.buffer)) keepMemory(memory);
}
