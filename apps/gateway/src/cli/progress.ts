const TERMINAL_EVERY_MS = 200;
const PLAIN_EVERY_MS = 5_000;

/** Says on standard error how far long work is: one line that renews itself on a terminal, a line now and then elsewhere. */
export class Progress {
  #shownAt = performance.now();

  show(text: () => string): void {
    const isTerminal = process.stderr.isTTY;
    if (performance.now() - this.#shownAt < (isTerminal ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS)) return;
    this.#shownAt = performance.now();
    process.stderr.write(isTerminal ? `\r\u001B[K${text()}` : `${text()}\n`);
  }

  /** A line that stays. */
  say(text: string): void {
    this.end();
    process.stderr.write(`${text}\n`);
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\u001B[K");
  }
}
