import type { SharedLimits } from '../limits/shared-limits.js';
import { choose } from './choose.js';
import type { Backend, Entrance } from './routes.js';

/** The right to have one request in flight to a backend. */
export interface Lease {
  readonly backend: Backend;
  /** Gives the right back; a second call does nothing. */
  release(): void;
}

export type Acquired =
  { readonly kind: 'lease'; readonly lease: Lease } | { readonly kind: 'none' } | { readonly kind: 'full' };

/** Chooses backends by the load that all threads share. */
export class Router {
  private turn = 0;

  constructor(private readonly limits: SharedLimits) {}

  /** @param tried keys of backends that this request has failed on */
  acquire(entrance: Entrance, tried: ReadonlySet<string>): Acquired {
    for (;;) {
      const choice = choose(
        entrance.backends,
        ({ slot }) => this.limits.load(slot),
        this.turn++,
        ({ key }) => tried.has(key),
      );
      if (choice.kind !== 'backend') return choice;
      const { slot, hardLimit } = choice.backend;
      if (this.limits.tryAcquire(slot, hardLimit))
        return { kind: 'lease', lease: this.lease(choice.backend) };
    }
  }

  private lease(backend: Backend): Lease {
    let isHeld = true;
    return {
      backend,
      release: () => {
        if (isHeld) this.limits.release(backend.slot);
        isHeld = false;
      },
    };
  }
}
