/** What an append has to know of a conversation. */
export interface KnownConversation {
  readonly key: number;
  /** CRC-32 of its account and id: where the sums of its events start. */
  readonly idsCrc: number;
}

/**
 * The conversations met lately, by account and id. Two generations of bounded size: when the young one is full it
 * becomes the old one, whose conversations are forgotten unless they were met again meanwhile.
 */
export class RecentConversations {
  readonly #generationSize: number;
  #young = new Map<string, KnownConversation>();
  #old = new Map<string, KnownConversation>();

  constructor(countMax: number) {
    this.#generationSize = Math.ceil(countMax / 2);
  }

  get(accountId: string, conversationId: string): KnownConversation | undefined {
    const name = nameOf(accountId, conversationId);
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    const old = this.#old.get(name);
    if (old !== undefined) this.#addYoung(name, old);
    return old;
  }

  add(accountId: string, conversationId: string, conversation: KnownConversation): void {
    this.#addYoung(nameOf(accountId, conversationId), conversation);
  }

  delete(accountId: string, conversationId: string): void {
    const name = nameOf(accountId, conversationId);
    this.#young.delete(name);
    this.#old.delete(name);
  }

  #addYoung(name: string, conversation: KnownConversation): void {
    if (this.#young.size >= this.#generationSize) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(name, conversation);
  }
}

/** One name for both ids: neither holds a control character. */
function nameOf(accountId: string, conversationId: string): string {
  return `${accountId}\n${conversationId}`;
}
