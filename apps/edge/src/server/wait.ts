import type { WaitingRoom } from '../limits/waiting-room.js';
import { nextTry } from '../routing/patience.js';

/** One request's waiting for a machine that is about to listen. */
export class Wait {
  private readonly startedAt = performance.now();
  private tries = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly room: WaitingRoom,
    private readonly app: string,
  ) {}

  /** Calls `then` in a while; false where the request has waited for long enough, or too many wait already. */
  begin(then: () => void): boolean {
    const delay = nextTry(this.tries, performance.now() - this.startedAt);
    if (delay === undefined || !this.room.enter(this.app)) return false;
    this.tries++;
    this.timer = setTimeout(() => {
      this.cancel();
      then();
    }, delay);
    return true;
  }

  cancel(): void {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.room.leave(this.app);
  }
}
