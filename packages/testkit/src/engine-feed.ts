import type { ConversationEvent, Engine, History } from "@segmeter/engine";

/** Stands for a log: numbers conversations, finds duplicates, remembers histories, and hands arrivals to an engine. */
export class EngineFeed {
  #engine: Engine;
  readonly #keys = new Map<string, number>();
  readonly #histories = new Map<number, { key: number; accountId: string; events: ConversationEvent[] }>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** @param events one batch, duplicates included */
  post(accountId: string, events: readonly ConversationEvent[]): void {
    const arrivals = {
      accountId,
      events: [] as ConversationEvent[],
      conversationKeys: [] as number[],
      newConversationKeys: new Set<number>(),
    };
    for (const event of events) {
      const key = this.#keyOf(accountId, event.conversationId, arrivals.newConversationKeys);
      const held = this.#histories.get(key)!.events;
      if (held.some(({ eventId }) => eventId === event.eventId)) continue;
      held.push(event);
      arrivals.events.push(event);
      arrivals.conversationKeys.push(key);
    }
    for (const step of this.#engine.plan(arrivals)) {
      this.#engine.fold(
        step,
        step.keysToRefold.map((key) => this.#histories.get(key)!),
      );
    }
    this.#engine.show();
  }

  /** Hands what is posted from now on to another engine, which has to know the histories already. */
  continueWith(engine: Engine): this {
    this.#engine = engine;
    return this;
  }

  /** Everything posted so far, conversation by conversation. */
  get histories(): readonly History[] {
    return [...this.#histories.values()];
  }

  conversationIdOf(key: number): string {
    return this.#histories.get(key)!.events[0]!.conversationId;
  }

  #keyOf(accountId: string, conversationId: string, created: Set<number>): number {
    const name = JSON.stringify([accountId, conversationId]);
    let key = this.#keys.get(name);
    if (key === undefined) {
      key = this.#keys.size + 1;
      this.#keys.set(name, key);
      this.#histories.set(key, { key, accountId, events: [] });
      created.add(key);
    }
    return key;
  }
}
