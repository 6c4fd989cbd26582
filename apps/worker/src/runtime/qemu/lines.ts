/** Cuts newline-delimited JSON; a line beyond the limit is an error, since the other side may be in a stranger's hands. */
export class LineReader {
  #pending = '';
  readonly #decoder = new TextDecoder('utf-8');

  constructor(private readonly maxLine: number) {}

  push(chunk: Buffer): string[] {
    this.#pending += this.#decoder.decode(chunk, { stream: true });
    const lines = this.#pending.split('\n');
    this.#pending = lines.pop() ?? '';
    if (this.#pending.length > this.maxLine)
      throw new Error(`A line of more than ${this.maxLine} characters.`);
    return lines.map((line) => line.trim()).filter((line) => line !== '');
  }
}
