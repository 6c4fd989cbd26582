import { createHmac, randomBytes } from 'node:crypto';
import {
  attenuate,
  CAVEAT,
  MacaroonError,
  MASK,
  mint,
  organization as organizationCaveat,
  PERMISSION_LOCATION,
  textOf,
  uuidOf,
  verify,
  type Caveat,
  type Macaroon,
} from '@bulkhead/auth/macaroon';
import { TerminalError } from '@bulkhead/contracts';
import { mintedTokenAggregate, rootKeyAggregate, type OrganizationId } from '@bulkhead/domain';
import type { Command, Decision, Journal, Outcome, Sql } from '@bulkhead/journal';
import { openRow, sealRow } from '../keys/envelope.js';
import type { MasterKey } from '../keys/master-key.js';

interface Options {
  readonly sql: Sql;
  readonly master: MasterKey;
  readonly journal: Journal;
}

export interface TokenWish {
  readonly organization: OrganizationId;
  /** The organization's own; it stands in the first caveat of each of its tokens. */
  readonly number: number;
  readonly caveats: readonly Caveat[];
}

/** What the journal keeps of a token. Its text is made from the command's id by the root key, and kept nowhere. */
interface Minted {
  readonly key: string;
  readonly uuid: string;
}

export interface VerifiedToken {
  readonly organization: OrganizationId;
  readonly uuid: string;
  /** Positions, in what was given, of the discharges that the token needed. */
  readonly discharges: readonly number[];
}

interface RootKey {
  readonly id: string;
  readonly organization: OrganizationId;
  readonly secret: Buffer;
}

const KEY_ID_BYTES = 16;
/** Verification answers these; added at minting they could only be wrong. */
const NOT_TO_MINT: ReadonlySet<bigint> = new Set([CAVEAT.ThirdParty, CAVEAT.BindToParentToken]);

/** Organizations' root keys, each a sealed row that opens in its own place alone. No command gives one out. */
export class RootKeys {
  constructor(private readonly options: Options) {}

  /**
   * A token for one organization and nothing beyond it; its first caveat is written here. The same command gives the same token.
   * @throws TerminalError `caveat_not_mintable`
   * @throws Refusal `root_key_destroyed` or `organization_number_mismatch`
   */
  async mint(command: Command, wish: TokenWish): Promise<Outcome<{ token: string; uuid: string }>> {
    const { journal } = this.options;
    const { result, touched } = await journal.execute<Minted>(command, async (decision) => {
      const root = await this.provide(decision, wish);
      const uuid = uuidOf(tokenOf(root, command, wish).nonce);
      const minted = await decision.load(mintedTokenAggregate, uuid);
      const data = { organization: wish.organization, key: root.id, uuid };
      decision.append(minted, [{ type: 'TokenMinted', data }]);
      return { key: root.id, uuid };
    });
    const root = await this.byId(result.key);
    if (!root) throw new TerminalError('root_key_destroyed', 'the organization was erased', { status: 410 });
    return { result: { token: textOf(tokenOf(root, command, wish)), uuid: result.uuid }, touched };
  }

  /**
   * Whether a token and its discharges are signed as they must be. Caveats, expiry and revocation are for whoever asks.
   * @throws TerminalError `unauthenticated`, in the same words whatever is wrong
   */
  async verify(token: Macaroon, discharges: readonly Macaroon[]): Promise<VerifiedToken> {
    const root = await this.byId(token.nonce.kid.toString('hex'));
    if (!root) throw refused('signed with a key that nobody here has');
    try {
      const verified = verify(token, { key: root.secret, location: PERMISSION_LOCATION, discharges });
      return {
        organization: root.organization,
        uuid: uuidOf(token.nonce),
        discharges: verified.discharges.map((each) => discharges.indexOf(each.token)),
      };
    } catch (error) {
      if (error instanceof MacaroonError) throw refused(error.message);
      throw error;
    }
  }

  private async provide(decision: Decision, { organization, number }: TokenWish): Promise<RootKey> {
    const known = await decision.load(rootKeyAggregate, organization);
    const fresh = randomBytes(KEY_ID_BYTES).toString('hex');
    const provide = { type: 'provide', organization, number, key: fresh } as const;
    const events = rootKeyAggregate.decide(provide, known.state);
    if (events.length === 0 && known.state.status === 'active') return this.require(known.state.key);
    decision.append(known, events);
    const root = { id: fresh, organization, secret: randomBytes(32) };
    const sealed = await sealRow(this.options.master, rowName(root), root.secret);
    await decision.sql('insert into root_key (id, organization, sealed) values ($1, $2, $3)', [
      fresh,
      organization,
      sealed,
    ]);
    return root;
  }

  private async require(id: string): Promise<RootKey> {
    const root = await this.byId(id);
    if (root) return root;
    throw new TerminalError(
      'vault_row_damaged',
      `root key ${id} is missing though nobody destroyed it. Restore it from a backup and find out who removed it.`,
      { status: 500 },
    );
  }

  private async byId(id: string): Promise<RootKey | null> {
    const [row] = await this.options.sql.query<{ organization: OrganizationId; sealed: Buffer }>(
      'select organization, sealed from root_key where id = $1',
      [id],
    );
    if (!row) return null;
    const named = { id, organization: row.organization };
    return { ...named, secret: await openRow(this.options.master, rowName(named), row.sealed) };
  }
}

/** Ends all of an organization's tokens, within a decision to erase it. */
export async function destroyRootKey(
  decision: Decision,
  organization: OrganizationId,
  reason: string,
): Promise<void> {
  const known = await decision.load(rootKeyAggregate, organization);
  const destroy = { type: 'destroy', organization, reason } as const;
  decision.append(known, rootKeyAggregate.decide(destroy, known.state));
  await decision.sql('delete from root_key where organization = $1', [organization]);
}

function tokenOf(
  { id, secret }: RootKey,
  { id: command }: Command,
  { number, caveats }: TokenWish,
): Macaroon {
  if (caveats.some(({ type }) => NOT_TO_MINT.has(type)))
    throw new TerminalError('caveat_not_mintable', 'third parties and bindings are no part of a wish');
  const random = createHmac('sha256', secret).update(`token nonce ${command}`).digest().subarray(0, 16);
  const origin = { kid: Buffer.from(id, 'hex'), location: PERMISSION_LOCATION, key: secret, random };
  const locked = mint(origin, [organizationCaveat.of({ id: BigInt(number), mask: MASK.all })]);
  return attenuate(locked, caveats);
}

const rowName = ({ id, organization }: Pick<RootKey, 'id' | 'organization'>) =>
  `vault.root_key/${organization}/${id}`;

const refused = (operator: string) =>
  new TerminalError('unauthenticated', 'Authenticate: token validation error', { status: 401, operator });
