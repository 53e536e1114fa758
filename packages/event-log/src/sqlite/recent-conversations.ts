/** What an append has to know of a conversation: the whole of it, but for what its events say. */
export interface KnownConversation {
  readonly key: number;
  /** CRC-32 of its account and id: where the sums of its events start. */
  readonly idsCrc: number;
  readonly eventIds: Set<string>;
  lastAt: number;
}

/**
 * The conversations met lately, by `nameOf`. Two generations of bounded size: when the young one is full it
 * becomes the old one, whose conversations are forgotten unless they were met again meanwhile.
 */
export class RecentConversations {
  readonly #generationSize: number;
  #young = new Map<string, KnownConversation>();
  #old = new Map<string, KnownConversation>();
  #youngSize = 0;

  /** @param eventCountMax of all conversations together; one alone may have more */
  constructor(eventCountMax: number) {
    this.#generationSize = Math.ceil(eventCountMax / 2);
  }

  get(name: string): KnownConversation | undefined {
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    const old = this.#old.get(name);
    if (old !== undefined) this.#addYoung(name, old, 0);
    return old;
  }

  /** @param addedCount how many events the conversation has that it had not when it was met before */
  add(name: string, conversation: KnownConversation, addedCount: number): void {
    this.#addYoung(name, conversation, addedCount);
  }

  delete(name: string): void {
    this.#young.delete(name);
    this.#old.delete(name);
  }

  #addYoung(name: string, conversation: KnownConversation, addedCount: number): void {
    if (this.#youngSize >= this.#generationSize) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngSize = 0;
    }
    this.#youngSize += this.#young.has(name) ? addedCount : conversation.eventIds.size;
    this.#young.set(name, conversation);
  }
}

/** One name for both ids: neither holds a control character. */
export function nameOf(accountId: string, conversationId: string): string {
  return `${accountId}\n${conversationId}`;
}
