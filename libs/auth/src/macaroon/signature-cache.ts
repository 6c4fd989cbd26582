import { encode, type Macaroon } from './macaroon.js';
import { sha256 } from './signature.js';
import { thirdPartyIn } from './third-party.js';
import { requirePermission, Verified, verifyRest, type Discharge } from './verify.js';

interface Known {
  readonly tail: Buffer;
  /** Digests of the discharges that were found good for this token, and whether a trusted third party made them. */
  readonly discharges: ReadonlyMap<string, boolean>;
}

/**
 * Verifies without a key what goes on from a token that was verified with one. It keeps signatures and digests alone: with what is in
 * here nobody can do more than with the tokens that were seen. Neither caveats nor expiry nor revocation are remembered.
 */
export class SignatureCache {
  /** By digest of nonce and caveats; a map yields the one used longest ago first. */
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly location: string,
    private readonly most: number,
  ) {}

  get size(): number {
    return this.known.size;
  }

  remember({ token, discharges }: Verified): void {
    const digest = prefixDigests(token).at(-1);
    if (digest === undefined) return;
    const good = discharges.map((each): [string, boolean] => [digestOf(each.token), each.trusted]);
    this.use(digest, {
      tail: token.tail,
      discharges: new Map([...(this.known.get(digest)?.discharges ?? []), ...good].slice(-MOST_DISCHARGES)),
    });
    for (const oldest of this.known.keys()) {
      if (this.known.size <= this.most) break;
      this.known.delete(oldest);
    }
  }

  /**
   * Null where nothing that is known leads to this token: then whoever has the key must be asked.
   * @throws MacaroonError where it can be told without the key that the token is no good
   */
  verify(token: Macaroon, discharges: readonly Macaroon[]): Verified | null {
    requirePermission(token, this.location);
    const digests = prefixDigests(token);
    for (let passed = digests.length - 1; passed >= 0; passed -= 1) {
      const digest = digests[passed] ?? '';
      const known = this.known.get(digest);
      if (!known) continue;
      const before = knownDischarges(token, passed, known, discharges);
      if (!before) return null;
      const rest = verifyRest(token, passed, known.tail, discharges, new Map());
      this.use(digest, known);
      return new Verified(token, [...before, ...rest]);
    }
    return null;
  }

  /** After a root key was changed or destroyed. */
  forgetAll(): void {
    this.known.clear();
  }

  private use(digest: string, known: Known): void {
    this.known.delete(digest);
    this.known.set(digest, known);
  }
}

const MOST_DISCHARGES = 16;

/** Of the nonce, and of the nonce with ever more caveats. */
function prefixDigests({ nonce, caveats }: Macaroon): readonly string[] {
  let digest = sha256(nonce.raw);
  const digests = [digest.toString('latin1')];
  for (const { raw } of caveats) {
    digest = sha256(Buffer.concat([digest, raw]));
    digests.push(digest.toString('latin1'));
  }
  return digests;
}

const digestOf = (token: Macaroon): string => sha256(encode(token)).toString('latin1');

/** A discharge for each third party of the part that is known; null where one was not seen with it. */
function knownDischarges(
  { caveats }: Macaroon,
  passed: number,
  known: Known,
  offered: readonly Macaroon[],
): readonly Discharge[] | null {
  const found: Discharge[] = [];
  for (const caveat of caveats.slice(0, passed)) {
    const party = thirdPartyIn(caveat);
    if (!party) continue;
    const token = offered.find(
      (each) => each.nonce.kid.equals(party.ticket) && known.discharges.has(digestOf(each)),
    );
    if (!token) return null;
    found.push({ token, trusted: known.discharges.get(digestOf(token)) ?? false });
  }
  return found;
}
