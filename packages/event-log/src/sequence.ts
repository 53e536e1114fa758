/** Does one thing after another. */
export class Sequence {
  #last: Promise<unknown> = Promise.resolve();

  /** @returns what `work` does, which begins when all before it has settled */
  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(ignore);
    return result;
  }
}

function ignore(): void {}
