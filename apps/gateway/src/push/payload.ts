import type { ExecutionResult } from "graphql";

/**
 * The payload of a message that the library writes anew for every subscriber: a mark stands for the answer, which is
 * written already, until the message is sent.
 */
export class Payload implements ExecutionResult {
  declare readonly data?: never;
  static readonly #TAIL = '"payload":0}';
  static #written: string | null = null;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toJSON(): number {
    Payload.#written = this.#text;
    return 0;
  }

  /** @param message as it was written last */
  static fillIn(message: string): string {
    const text = Payload.#written;
    Payload.#written = null;
    return text === null ? message : `${message.slice(0, -Payload.#TAIL.length)}"payload":${text}}`;
  }
}
