/** Seconds with one decimal below a minute, then minutes and seconds. */
export function duration(ms) {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** Progress for a person: one line per step with the time it took, and notes below it. */
export class Steps {
  #out;
  #now;
  #started;

  constructor(out = process.stdout, now = () => performance.now()) {
    this.#out = out;
    this.#now = now;
    this.#started = now();
  }

  /**
   * Runs `work` as one step. What it returns is the step's result; `note(text)` says something below the title.
   * @template T
   * @param {string} title
   * @param {(note: (text: string) => void) => Promise<T> | T} work
   * @returns {Promise<T>}
   */
  async step(title, work) {
    const started = this.#now();
    const ticker = this.#tick(title, started);
    try {
      const result = await work((text) => this.note(text));
      ticker.end();
      this.#line(`  ✓ ${title.padEnd(44)} ${duration(this.#now() - started).padStart(9)}`);
      return result;
    } catch (error) {
      ticker.end();
      this.#line(`  ✗ ${title.padEnd(44)} ${duration(this.#now() - started).padStart(9)}`);
      throw error;
    }
  }

  note(text) {
    for (const line of text.split('\n')) this.#line(`    ${line}`);
  }

  say(text) {
    this.#line(text);
  }

  get elapsed() {
    return this.#now() - this.#started;
  }

  #line(text) {
    this.#out.write(`${this.#out.isTTY ? '\r\x1b[2K' : ''}${text}\n`);
  }

  /** On a terminal the running step counts its seconds; elsewhere it is named once when it is slow enough to wonder about. */
  #tick(title, started) {
    if (!this.#out.isTTY) {
      const slow = setTimeout(() => this.#line(`  … ${title}`), 2_000);
      return { end: () => clearTimeout(slow) };
    }
    const draw = () =>
      this.#out.write(`\r\x1b[2K  … ${title.padEnd(44)} ${duration(this.#now() - started).padStart(9)}`);
    draw();
    const timer = setInterval(draw, 500);
    return { end: () => clearInterval(timer) };
  }
}
