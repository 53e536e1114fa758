const LISTED_MAX = 100;

/** Lists lines that were passed over on standard error, the first hundred of them. */
export class BadLines {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(path: string, line: number, message: string): void {
    this.#count += 1;
    if (this.#count <= LISTED_MAX) process.stderr.write(`${path}:${line}: ${message}\n`);
    else if (this.#count === LISTED_MAX + 1) process.stderr.write(`…and more; only the first ${LISTED_MAX} bad lines are listed\n`);
  }
}
