import {
  action,
  attenuate,
  bytesOf,
  CAVEAT,
  encode,
  MASK,
  mint,
  newKey,
  parse,
  PERMISSION_LOCATION,
  SignatureCache,
  TokenVerifier,
  type Macaroon,
} from '@bulkhead/auth/macaroon';
import { newId, newOrganizationId } from '@bulkhead/contracts';
import { mintTokenResult, verifyTokenResult } from '@bulkhead/contracts/commands/vault';
import type { OrganizationId } from '@bulkhead/domain';
import { CommandBus, natsBus } from '@bulkhead/journal';
import { connectBus, createLogger } from '@bulkhead/platform';
import { startPostgres, type TestPostgres } from '@bulkhead/testing';
import type { NatsConnection } from 'nats';
import { z } from 'zod';
import { VaultFixture } from '../vault-fixture.js';

const readOnly = action.of(MASK.read);

let postgres: TestPostgres;
let fixture: VaultFixture;
let connections: NatsConnection[];
let log: string[];
let api: CommandBus;
let scheduler: CommandBus;
let worker: CommandBus;

beforeAll(async () => {
  postgres = await startPostgres();
  log = [];
  const logger = createLogger('vault', 'trace', { write: (line: string) => void log.push(line) });
  fixture = await VaultFixture.create(postgres, logger);
  connections = [];
  const { connect } = await fixture.serve();
  const { url } = await fixture.startBus();
  await connect(url);
  const joined = async (kind: 'api' | 'scheduler' | 'worker') => {
    const identity = await fixture.join(kind);
    const connection = await connectBus(url, identity, fixture.logger);
    connections.push(connection);
    return new CommandBus(natsBus(connection), identity.caller);
  };
  [api, scheduler, worker] = [await joined('api'), await joined('scheduler'), await joined('worker')];
}, 60_000);
afterAll(async () => {
  await Promise.all(connections.map((connection) => connection.close()));
  await fixture.close();
  await postgres.stop();
});

const base64 = (token: Macaroon) => encode(token).toString('base64');
async function minted(organization: OrganizationId, id = newId(), caveats = [readOnly]) {
  const input = { organization, number: 7, caveats: bytesOf(caveats).toString('base64') };
  return (await api.command('vault', 'mint-token', { id, input }, mintTokenResult)).result;
}
const ask = async (by: CommandBus, token: Macaroon, discharges: readonly Macaroon[] = []) => {
  const input = { token: base64(token), discharges: discharges.map(base64) };
  return (await by.command('vault', 'verify-token', { id: newId(), input }, verifyTokenResult)).result;
};
const REFUSED = { code: 'unauthenticated', message: 'Authenticate: token validation error' };

describe('root keys', () => {
  it('sign tokens that are locked to one organization', async () => {
    const organization = newOrganizationId();
    const { token, uuid } = await minted(organization);
    const { location, caveats } = parse(token);
    expect(location).toBe(PERMISSION_LOCATION);
    expect(caveats.map(({ type }) => type)).toEqual([CAVEAT.Organization, CAVEAT.Action]);
    for (const by of [api, scheduler])
      expect(await ask(by, parse(token))).toEqual({ organization, uuid, discharges: [] });
    expect(await ask(api, attenuate(parse(token), [action.of(0)]))).toMatchObject({ organization, uuid });
  });

  it('give the same command the same token, and keep it nowhere', async () => {
    const [organization, id] = [newOrganizationId(), newId()];
    const first = await minted(organization, id);
    expect(await minted(organization, id)).toEqual(first);
    expect((await minted(organization)).uuid).not.toBe(first.uuid);
    const kept = await fixture.storage.database.query<{ text: string }>(
      `select answer as text from command union all select convert_from(body, 'UTF8') from envelope`,
    );
    const tail = parse(first.token).tail;
    for (const secret of [first.token, tail.toString('base64'), tail.toString('hex')]) {
      expect(kept.filter(({ text }) => text.includes(secret))).toEqual([]);
      expect(log.filter((line) => line.includes(secret))).toEqual([]);
    }
    expect(kept.some(({ text }) => text.includes('TokenMinted') && text.includes(first.uuid))).toBe(true);
  });

  it('refuse what they have not signed, whatever is wrong, in the same words', async () => {
    const [one, other] = [
      parse((await minted(newOrganizationId())).token),
      parse((await minted(newOrganizationId())).token),
    ];
    const wrong: Macaroon[] = [
      { ...one, tail: other.tail },
      { ...one, caveats: one.caveats.slice(0, 1) },
      { ...one, location: 'https://elsewhere.example' },
      mint({ kid: one.nonce.kid, location: PERMISSION_LOCATION, key: newKey() }, one.caveats),
      mint({ kid: newKey(), location: PERMISSION_LOCATION, key: newKey() }, one.caveats),
    ];
    for (const token of wrong) await expect(ask(api, token)).rejects.toMatchObject(REFUSED);
  });

  it('are asked once for a token, and not for what is narrowed from it', async () => {
    let asked = 0;
    const authority = {
      verify: async (token: Macaroon, discharges: readonly Macaroon[]) => {
        asked += 1;
        return (await ask(scheduler, token, discharges)).discharges;
      },
    };
    const verifier = new TokenVerifier(authority, new SignatureCache(PERMISSION_LOCATION, 10));
    const parent = parse((await minted(newOrganizationId())).token);
    const child = attenuate(parent, [action.of(0)]);
    for (const token of [parent, child, parent])
      expect((await verifier.verify(token, [])).caveats).toEqual(token.caveats);
    expect(asked).toBe(1);
    await expect(verifier.verify({ ...child, tail: parent.tail }, [])).rejects.toThrow('another key');
    const stranger = mint({ kid: newKey(), location: PERMISSION_LOCATION, key: newKey() }, []);
    await expect(verifier.verify(stranger, [])).rejects.toMatchObject(REFUSED);
  });

  it('make no token that could not be cleared, nor for another number than before', async () => {
    const organization = newOrganizationId();
    await minted(organization);
    const wish = (input: Record<string, unknown>) =>
      api.command('vault', 'mint-token', { id: newId(), input }, z.unknown());
    const caveats = bytesOf([]).toString('base64');
    await expect(wish({ organization, number: 8, caveats })).rejects.toMatchObject({
      code: 'organization_number_mismatch',
    });
    const third = Buffer.of(0x92, 11, 0x90).toString('base64');
    await expect(wish({ organization, number: 7, caveats: third })).rejects.toMatchObject({
      code: 'caveat_not_mintable',
    });
    for (const nonsense of ['AAAA', Buffer.from(bytesOf([readOnly]).subarray(0, 2)).toString('base64')])
      await expect(wish({ organization, number: 7, caveats: nonsense })).rejects.toMatchObject({
        code: 'invalid_request',
      });
  });

  it('serve the services that are theirs to serve', async () => {
    const denied = { code: 'caller_not_allowed' };
    const command = { id: newId(), input: {} };
    await expect(scheduler.command('vault', 'mint-token', command, z.unknown())).rejects.toMatchObject(
      denied,
    );
    for (const name of ['mint-token', 'verify-token'])
      await expect(worker.command('vault', name, command, z.unknown())).rejects.toMatchObject(denied);
  });

  it('end with their organization, and all its tokens with them', async () => {
    const [organization, id] = [newOrganizationId(), newId()];
    const token = parse((await minted(organization, id)).token);
    const erase = { id: newId(), input: { organization, reason: 'asked' } };
    await api.command('vault', 'destroy-data-key', erase, z.unknown());
    await expect(ask(api, token)).rejects.toMatchObject(REFUSED);
    for (const again of [id, newId()])
      await expect(minted(organization, again)).rejects.toMatchObject({ code: 'root_key_destroyed' });
  });

  it('open in their own place alone', async () => {
    const [mine, theirs] = [newOrganizationId(), newOrganizationId()];
    const token = parse((await minted(mine)).token);
    await minted(theirs);
    await fixture.superuser.pool.query(
      'update vault.root_key set sealed = (select sealed from vault.root_key where organization = $2) where organization = $1',
      [mine, theirs],
    );
    await expect(ask(api, token)).rejects.toMatchObject({ code: 'vault_row_damaged' });
  });
});
