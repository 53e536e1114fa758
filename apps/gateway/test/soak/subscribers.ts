import { setTimeout as delay } from "node:timers/promises";
import { PUSH_DOORS, type PushClient, type Pushed } from "../push-clients.ts";
import type { Place } from "./workers.ts";

const LOOK_EVERY_MS = 250;
const SUBSCRIPTIONS_A_CLIENT = 10;
/** Both hold all that is sent. */
const TIMEFRAMES = [1_320, 1_440];

const SUBSCRIPTION = `subscription ($account: ID!, $timeframe: Int!) { agentSegments(accountId: $account, timeframe: $timeframe) {
  end metrics { totalAgentConversationSegments avgAgentSegmentDuration } skills { id metrics { totalAgentConversationSegments } }
} }`;

interface Held {
  readonly client: PushClient;
  readonly variables: Record<string, unknown>;
  pushed: Pushed;
  answeredAtMs: number;
}

/** Holds subscriptions over WebSockets and event streams alike, through every end of the gateway. */
export class Subscribers {
  readonly #clients: readonly PushClient[];
  readonly #held: readonly Held[];
  answeredCount = 0;

  constructor({ url, token }: Place, accounts: readonly { readonly accountId: string }[], count: number) {
    const headers = { authorization: `Bearer ${token}` };
    const clientCount = Math.max(PUSH_DOORS.length, Math.ceil(count / SUBSCRIPTIONS_A_CLIENT));
    this.#clients = Array.from({ length: clientCount }, (_, i) => PUSH_DOORS[i % PUSH_DOORS.length]!.connect({ url }, { headers }));
    this.#held = Array.from({ length: count }, (_, i) => {
      const client = this.#clients[i % clientCount]!;
      const variables = { account: accounts[i % accounts.length]!.accountId, timeframe: TIMEFRAMES[i % TIMEFRAMES.length]! };
      return { client, variables, pushed: client.subscribe(SUBSCRIPTION, variables), answeredAtMs: -Infinity };
    });
  }

  get count(): number {
    return this.#held.length;
  }

  /** How many have had no answer since a moment of `performance.now()`. */
  silentSince(ms: number): number {
    return this.#held.filter(({ answeredAtMs }) => answeredAtMs < ms).length;
  }

  /** @throws Error for an answer that is none */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const held of this.#held) this.#take(held);
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
    for (const client of this.#clients) client.close();
  }

  #take(held: Held): void {
    for (const { data, errors } of held.pushed.take()) {
      if (data) {
        this.answeredCount += 1;
        held.answeredAtMs = performance.now();
      } else if (errors?.some(({ extensions }) => extensions !== undefined)) throw new Error(`pushed: ${JSON.stringify(errors)}`);
    }
    if (!held.pushed.isOver()) return;
    // Most are held through by the client itself.
    held.pushed = held.client.subscribe(SUBSCRIPTION, held.variables);
  }
}
