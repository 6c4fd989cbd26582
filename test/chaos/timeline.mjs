/** What happened when, printed as it happens and kept for the report of a failure. */
export class Timeline {
  #started = performance.now();
  #out;

  constructor(out = process.stderr) {
    this.#out = out;
  }

  say(text) {
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(1).padStart(7);
    this.#out.write(`${seconds} s  ${text}\n`);
  }
}
