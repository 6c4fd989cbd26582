/** Something the person at the keyboard can mend: printed without a stack, with what to do next. */
export class Failure extends Error {
  /**
   * @param {string} message what happened, to what
   * @param {string} [advice] what to do next
   */
  constructor(message, advice) {
    super(message);
    this.name = 'Failure';
    this.advice = advice;
  }
}

/** The text for an error that ends a script. */
export function explain(error) {
  if (error instanceof Failure)
    return [`✗ ${error.message}`, ...(error.advice ? ['', error.advice] : [])].join('\n');
  return `✗ ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
