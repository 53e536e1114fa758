import type { RowBatch } from "../sqlite/row-block.ts";
import type { Own } from "./own-messages.ts";

/** Of one transaction. */
const TURN_EVENTS_MAX = 20_000;
const WAITING_EVENTS_MAX = 50_000;

/** What a message has brought. */
export interface Received {
  readonly sequence: number;
  /** When the stream took it, UTC epoch ms. */
  readonly at: number;
  /** null: nobody's here. */
  readonly batch: RowBatch | null;
  readonly own: Own | undefined;
}

/** What has come of the stream, and is not stored yet, in its order. Whoever brings more waits while it is too much. */
export class ReceivedMessages {
  readonly #messages: Received[] = [];
  #eventCount = 0;
  #sequence: number;
  #addedMs = performance.now();
  #onMore: () => void = ignore;
  #onRoom: () => void = ignore;

  /** @param sequence of the newest message that is stored already */
  constructor(sequence: number) {
    this.#sequence = sequence;
  }

  /** Of the newest that has come. */
  get sequence(): number {
    return this.#sequence;
  }

  /** When it came, by `performance.now()`. */
  get addedMs(): number {
    return this.#addedMs;
  }

  get first(): Received | undefined {
    return this.#messages[0];
  }

  /** @returns once more may come */
  async add(received: Received): Promise<void> {
    this.#sequence = received.sequence;
    this.#addedMs = performance.now();
    this.#messages.push(received);
    this.#eventCount += eventCountOf(received);
    this.#onMore();
    if (this.#eventCount >= WAITING_EVENTS_MAX) await new Promise<void>((resolve) => (this.#onRoom = resolve));
  }

  /** @returns once something has come, or nothing will any more */
  more(): Promise<void> {
    return new Promise((resolve) => (this.#onMore = resolve));
  }

  /** @returns the first ones that are of one transaction, and of one period */
  takeTurn(periodOf: (at: number) => number): Received[] {
    let [count, eventCount] = [0, 0];
    const period = periodOf(this.first!.at);
    for (let next = this.first; next && periodOf(next.at) === period && eventCount < TURN_EVENTS_MAX; next = this.#messages[count]) {
      eventCount += eventCountOf(next);
      count += 1;
    }
    this.#eventCount -= eventCount;
    this.#onRoom();
    return this.#messages.splice(0, count);
  }

  /** Lets everybody go on who waits. */
  release(): void {
    this.#onMore();
    this.#onRoom();
  }
}

function eventCountOf({ batch }: Received): number {
  return batch?.events.length ?? 0;
}

function ignore(): void {}
