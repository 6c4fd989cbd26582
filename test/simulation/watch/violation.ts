/** A promise that was not kept. */
export class Violation extends Error {
  override readonly name = 'Violation';
  constructor(
    /** Which one. */
    readonly promise: string,
    what: string,
  ) {
    super(`${promise}: ${what}`);
  }
}
