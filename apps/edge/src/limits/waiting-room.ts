/** Bounds how many requests of each app wait at a time, in one thread. */
export class WaitingRoom {
  private readonly taken = new Map<string, number>();

  constructor(private readonly seatsPerApp: number) {}

  /** Takes a seat, to be given back by `leave`; false where none is free. */
  enter(app: string): boolean {
    const taken = this.taken.get(app) ?? 0;
    if (taken >= this.seatsPerApp) return false;
    this.taken.set(app, taken + 1);
    return true;
  }

  leave(app: string): void {
    const left = (this.taken.get(app) ?? 0) - 1;
    if (left > 0) this.taken.set(app, left);
    else this.taken.delete(app);
  }
}
