import type { Macaroon } from './macaroon.js';
import type { SignatureCache } from './signature-cache.js';
import { Verified } from './verify.js';

/** Whoever has the keys. */
export interface SignatureAuthority {
  /**
   * @returns of the discharges given, the positions of those that the token needed.
   * @throws where the signatures don't hold, or it can't be told now
   */
  verify(token: Macaroon, discharges: readonly Macaroon[]): Promise<readonly number[]>;
}

/** Verifies without keys: from what is known already where that is enough, by asking where it isn't. */
export class TokenVerifier {
  constructor(
    private readonly authority: SignatureAuthority,
    private readonly cache: SignatureCache,
  ) {}

  /** @throws MacaroonError for what is told here, and what the authority throws */
  async verify(token: Macaroon, discharges: readonly Macaroon[]): Promise<Verified> {
    const known = this.cache.verify(token, discharges);
    if (known) return known;
    const used = new Set(await this.authority.verify(token, discharges));
    const verified = new Verified(
      token,
      discharges.filter((_, index) => used.has(index)).map((each) => ({ token: each, trusted: false })),
    );
    this.cache.remember(verified);
    return verified;
  }
}
