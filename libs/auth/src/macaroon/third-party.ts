import { caveat, readCaveats, writeCaveats, type Caveat } from './caveat.js';
import { CAVEAT } from './caveat-types.js';
import { MacaroonError } from './error.js';
import { attenuate, mintProof, type Macaroon } from './macaroon.js';
import { bindingOf, newKey, open, seal } from './signature.js';
import { Reader } from './wire/reader.js';
import { Writer } from './wire/writer.js';

/** A caveat that somebody else has to discharge: "… and the authority at `location` says so". */
export interface ThirdParty {
  readonly location: string;
  /** The discharge's key, sealed under the signature before this caveat: for whoever verifies the token. */
  readonly verifierKey: Buffer;
  /** The discharge's key and what is to be checked, sealed for the third party. */
  readonly ticket: Buffer;
}

/**
 * Asks a third party's word for everything the token may do from now on.
 * @param key shared with the third party; 32 bytes
 * @param conditions what the third party is to check before it discharges
 * @throws MacaroonError `duplicate_third_party`: its discharges could not be told apart by clients
 */
export function addThirdParty(
  token: Macaroon,
  location: string,
  key: Uint8Array,
  conditions: readonly Caveat[] = [],
): Macaroon {
  if (thirdPartiesOf(token).some((known) => known.location === location))
    throw new MacaroonError('duplicate_third_party', `${location} is asked already`);
  const dischargeKey = newKey();
  const ticket = new Writer().array(2).binary(dischargeKey);
  writeCaveats(ticket, conditions);
  const [sealedKey, sealedTicket] = [seal(token.tail, dischargeKey), seal(key, ticket.bytes())];
  return attenuate(token, [
    caveat(CAVEAT.ThirdParty, (to) => to.array(3).text(location).binary(sealedKey).binary(sealedTicket)),
  ]);
}

/** Null for any other caveat. @throws MacaroonError `malformed` */
export function thirdPartyIn({ type, body }: Caveat): ThirdParty | null {
  if (type !== CAVEAT.ThirdParty) return null;
  const from = new Reader(body);
  from.struct(3);
  return { location: from.text(), verifierKey: from.binary(), ticket: from.binary() };
}

/** Whom a token asks. @throws MacaroonError `malformed` */
export const thirdPartiesOf = ({ caveats }: Pick<Macaroon, 'caveats'>): readonly ThirdParty[] =>
  caveats.flatMap((each) => thirdPartyIn(each) ?? []);

/** A ticket, opened by the third party that it is for. */
export interface OpenTicket {
  readonly ticket: Buffer;
  readonly dischargeKey: Buffer;
  /** To be cleared before discharging. */
  readonly conditions: readonly Caveat[];
}

/** @throws MacaroonError `ticket_unreadable` or `malformed` */
export function openTicket(key: Uint8Array, ticket: Buffer): OpenTicket {
  const from = new Reader(open(key, ticket));
  from.struct(2);
  const [dischargeKey, conditions] = [from.binary(), readCaveats(from)];
  from.end();
  return { ticket, dischargeKey, conditions };
}

/** The third party's word, once its conditions are cleared; caveats limit how long and for what it counts. */
export const discharge = (
  { ticket, dischargeKey }: OpenTicket,
  location: string,
  caveats: readonly Caveat[],
): Macaroon => mintProof({ kid: ticket, location, key: dischargeKey }, caveats);

/** For a discharge: it counts for this token and those attenuated from it alone. */
export const bindTo = ({ tail }: Pick<Macaroon, 'tail'>): Caveat =>
  caveat(CAVEAT.BindToParentToken, (to) => to.binary(bindingOf(tail)));

/** Null for any other caveat. @throws MacaroonError `malformed` */
export function bindingIn({ type, body }: Caveat): Buffer | null {
  return type === CAVEAT.BindToParentToken ? new Reader(body).binary() : null;
}
