import { RetryableError } from '@bulkhead/contracts';

/** Bounds work under way at once: for all together, and for each so that nobody uses up the others' share. */
export class Turns {
  private readonly taken = new Map<string, number>();
  private total = 0;

  constructor(private readonly limits: { readonly all: number; readonly each: number }) {}

  /** @throws RetryableError `too_many_lookups` before the work begins. */
  async take<Result>(whose: string, work: () => Promise<Result>): Promise<Result> {
    const own = this.taken.get(whose) ?? 0;
    if (this.total >= this.limits.all || own >= this.limits.each)
      throw new RetryableError('too_many_lookups', 'too many images are being looked up; try again', 1_000);
    this.taken.set(whose, own + 1);
    this.total += 1;
    try {
      return await work();
    } finally {
      this.total -= 1;
      const left = (this.taken.get(whose) ?? 1) - 1;
      if (left > 0) this.taken.set(whose, left);
      else this.taken.delete(whose);
    }
  }
}
