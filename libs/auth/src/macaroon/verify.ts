import type { Caveat } from './caveat.js';
import { isAttestation } from './caveat-types.js';
import { MacaroonError } from './error.js';
import { link, type Macaroon } from './macaroon.js';
import { finalize, open, sameBytes, sha256, sign } from './signature.js';
import { bindingIn, openTicket, thirdPartyIn, type ThirdParty } from './third-party.js';

/** A token whose signatures hold. Only verification makes one; whether its caveats allow something is for clearing to say. */
export class Verified {
  /** Keeps anything else from passing for it. */
  readonly #checked = true;
  /** The token's own and those of its discharges: what is left to clear. */
  readonly caveats: readonly Caveat[];
  /** What discharges of trusted third parties say about who asks. */
  readonly attestations: readonly Caveat[];

  /**
   * For verification alone: states that all signatures hold.
   * @throws MacaroonError for caveats that have no place in such a token
   */
  constructor(
    readonly token: Macaroon,
    readonly discharges: readonly Discharge[],
  ) {
    const own = token.caveats.filter((caveat) => !thirdPartyIn(caveat));
    if (own.some(({ type }) => isAttestation(type)))
      throw new MacaroonError('attestation_misplaced', 'only proofs may attest who somebody is');
    if (own.some(bindingIn)) throw new MacaroonError('bound_to_another', 'only discharges are bound');
    const theirs = discharges.map(({ token: { caveats } }) => caveats.filter((each) => !bindingIn(each)));
    this.caveats = [...own, ...theirs.flat().filter(({ type }) => !isAttestation(type))];
    this.attestations = discharges.flatMap(({ token: { caveats }, trusted }) =>
      trusted ? caveats.filter(({ type }) => isAttestation(type)) : [],
    );
  }

  static is(value: object): value is Verified {
    return #checked in value;
  }
}

/** A discharge that counts for a token. */
export interface Discharge {
  readonly token: Macaroon;
  /** Whether a third party made it whose attestations are believed. */
  readonly trusted: boolean;
}

/** By location, the keys shared with third parties whose attestations are believed. */
export type ThirdPartyKeys = ReadonlyMap<string, readonly Uint8Array[]>;

export interface VerifyOptions {
  /** The one that the token's nonce names. */
  readonly key: Uint8Array;
  /** The verifier's own: a location is not signed. */
  readonly location: string;
  /** In any order; more than are needed do no harm. */
  readonly discharges?: readonly Macaroon[];
  readonly thirdParties?: ThirdPartyKeys;
}

/**
 * Checks every signature of a token and of the discharges that it needs. What caveats mean is not asked.
 * @throws MacaroonError
 */
export function verify(token: Macaroon, options: VerifyOptions): Verified {
  const { key, location, discharges = [], thirdParties = new Map() } = options;
  requirePermission(token, location);
  const start = sign(key, token.nonce.raw);
  return new Verified(token, verifyRest(token, 0, start, discharges, thirdParties));
}

/** @throws MacaroonError for a token that is somebody else's, or a proof */
export function requirePermission(token: Macaroon, location: string): void {
  if (token.location !== location)
    throw new MacaroonError('wrong_location', `a token for ${JSON.stringify(token.location)}`);
  if (token.nonce.proof) throw new MacaroonError('proof_alone', 'a discharge permits nothing by itself');
}

/**
 * Follows the signatures from the one after a number of caveats to the token's end, and finds a discharge for each third party
 * among those caveats.
 * @throws MacaroonError
 */
export function verifyRest(
  token: Macaroon,
  passed: number,
  tail: Buffer,
  discharges: readonly Macaroon[],
  thirdParties: ThirdPartyKeys,
): readonly Discharge[] {
  const tails = [tail];
  const asked: { readonly party: ThirdParty; readonly under: Buffer }[] = [];
  for (const caveat of token.caveats.slice(passed)) {
    const party = thirdPartyIn(caveat);
    if (party) asked.push({ party, under: tail });
    tails.push((tail = link(tail, caveat)));
  }
  if (!sameBytes(tail, token.tail)) throw new MacaroonError('wrong_signature', 'signed with another key');
  return asked.map(({ party, under }) =>
    findDischarge(party, open(under, party.verifierKey), tails, discharges, thirdParties),
  );
}

function findDischarge(
  { location, ticket }: ThirdParty,
  key: Buffer,
  tails: readonly Buffer[],
  discharges: readonly Macaroon[],
  thirdParties: ThirdPartyKeys,
): Discharge {
  const offered = discharges.filter(
    ({ nonce, location: from }) => from === location && sameBytes(nonce.kid, ticket),
  );
  let problem = new MacaroonError('not_discharged', `${JSON.stringify(location)} has not discharged this`);
  for (const token of offered) {
    try {
      verifyDischarge(token, key, tails);
      return { token, trusted: isOf(thirdParties.get(location) ?? [], ticket, key) };
    } catch (error) {
      if (!(error instanceof MacaroonError)) throw error;
      problem = error;
    }
  }
  throw problem;
}

function verifyDischarge({ nonce, caveats, tail }: Macaroon, key: Buffer, parents: readonly Buffer[]): void {
  const last = caveats.reduce(link, sign(key, nonce.raw));
  if (!sameBytes(nonce.proof ? finalize(last) : last, tail))
    throw new MacaroonError('wrong_signature', 'a discharge signed with another key');
  for (const caveat of caveats) {
    if (thirdPartyIn(caveat))
      throw new MacaroonError('not_discharged', 'a discharge that asks a third party itself');
    if (isAttestation(caveat.type) && !nonce.proof)
      throw new MacaroonError('attestation_misplaced', 'only proofs may attest who somebody is');
    const binding = bindingIn(caveat);
    if (binding && !parents.some((parent) => namedBy(binding, parent)))
      throw new MacaroonError('bound_to_another', 'a discharge that is bound to another token');
  }
}

const SHORTEST_BINDING = 16;

const namedBy = (binding: Buffer, parent: Buffer): boolean =>
  binding.length >= SHORTEST_BINDING && sameBytes(sha256(parent).subarray(0, binding.length), binding);

/** Whether a ticket was made for whoever has one of these keys: anybody can make a third-party caveat and discharge it himself. */
function isOf(keys: readonly Uint8Array[], ticket: Buffer, dischargeKey: Buffer): boolean {
  return keys.some((key) => {
    try {
      return sameBytes(openTicket(key, ticket).dischargeKey, dischargeKey);
    } catch (error) {
      if (error instanceof MacaroonError) return false;
      throw error;
    }
  });
}
