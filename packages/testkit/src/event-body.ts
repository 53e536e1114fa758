import type { ConversationEvent } from "@segmeter/engine";

type Header = "eventId" | "conversationId" | "at" | "sequence";
type WithoutHeader<E> = E extends ConversationEvent ? Omit<E, Header> : never;

/** What an event says, without where and when it says it. */
export type EventBody = WithoutHeader<ConversationEvent>;
