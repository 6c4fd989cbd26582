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

/** How long a backend that could not be reached is asked only when nobody else is there, in ms. */
const SUSPECT_MS = 2_000;

const nobody = (): boolean => false;

/** Chooses backends by the load that all threads share. */
export class Router {
  private turn = 0;
  private readonly suspectUntil = new Map<string, number>();

  constructor(private readonly limits: SharedLimits) {}

  /** @param tried keys of backends that this request has failed on */
  acquire(entrance: Entrance, tried: ReadonlySet<string>, now: number): Acquired {
    if (tried.size === 0 && this.suspectUntil.size === 0) return this.acquireFrom(entrance, nobody);
    const trusted = this.acquireFrom(entrance, ({ key }) => tried.has(key) || this.isSuspect(key, now));
    return trusted.kind === 'lease' ? trusted : this.acquireFrom(entrance, ({ key }) => tried.has(key));
  }

  /** Remembers that a backend could not be reached: otherwise its lack of load would attract everything. */
  suspect({ key }: Backend, now: number): void {
    for (const [known, until] of this.suspectUntil) if (until <= now) this.suspectUntil.delete(known);
    this.suspectUntil.set(key, now + SUSPECT_MS);
  }

  private isSuspect(key: string, now: number): boolean {
    return (this.suspectUntil.get(key) ?? 0) > now;
  }

  private acquireFrom(entrance: Entrance, isExcluded: (backend: Backend) => boolean): Acquired {
    for (;;) {
      const choice = choose(entrance.backends, ({ slot }) => this.limits.load(slot), this.turn++, isExcluded);
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
