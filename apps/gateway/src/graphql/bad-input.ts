import { listedIdFault } from "@segmeter/engine";
import { GraphQLError } from "graphql";

/** Gathers what is wrong with a field's arguments, in the words that REST uses. */
export class ArgumentChecker {
  readonly #causes: string[] = [];

  check(name: string, fault: string | null): void {
    if (fault !== null) this.#causes.push(`${name}: ${fault}`);
  }

  checkIds(name: string, ids: readonly string[] | null | undefined): void {
    ids?.forEach((id, i) => this.check(`${name}[${i}]`, listedIdFault(id)));
  }

  /** @throws GraphQLError of code `BAD_USER_INPUT`, with one cause for every wrong argument */
  assertNone(): void {
    if (this.#causes.length === 0) return;
    throw new GraphQLError(`wrong arguments: ${this.#causes.join("; ")}`, {
      extensions: { code: "BAD_USER_INPUT", causes: this.#causes },
    });
  }
}
