/** Something that is freed when nobody holds it any more. Whoever makes it is the first to hold it. */
export class Held {
  readonly #free: () => void;
  #holders = 1;

  constructor(free: () => void) {
    this.#free = free;
  }

  hold(): void {
    this.#holders += 1;
  }

  readonly letGo = (): void => {
    this.#holders -= 1;
    if (this.#holders === 0) this.#free();
  };
}
