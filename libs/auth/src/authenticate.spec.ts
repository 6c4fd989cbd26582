import type { OrganizationId, TokenId } from '@bulkhead/domain';
import fc from 'fast-check';
import {
  authenticate,
  credentialsIn,
  hashToken,
  isToken,
  MAX_HEADER_BYTES,
  newToken,
  sameHash,
  type TokenRecord,
} from './index.js';

const now = new Date('2026-01-02T00:00:00.000Z');
const secret = newToken();
const record: TokenRecord = {
  token: 'tok_1' as TokenId,
  scope: { kind: 'organization', organization: 'org_1' as OrganizationId, access: 'read' },
  sha256: hashToken(secret),
  expiresAt: null,
  revoked: false,
};
const directory = (...records: TokenRecord[]) => ({
  bySha256: async (sha256: string) => records.find((known) => known.sha256 === sha256) ?? null,
});

describe('credentialsIn', () => {
  it.each([
    ['Bearer one', ['one']],
    ['bEaReR one', ['one']],
    ['FlyV1 fm2_a,fm2_b', ['fm2_a', 'fm2_b']],
    ['Bearer FlyV1 fm2_a, one', ['fm2_a', 'one']],
    [`Basic ${Buffer.from('x:one').toString('base64')}`, ['one']],
    [`Basic ${Buffer.from('somebody:one').toString('base64')}`, []],
    ['Digest one', []],
    ['Bearer Bearer Bearer Bearer Bearer one', []],
    ['one', ['one']],
    ['', []],
    [undefined, []],
  ])('reads %j', (header, tokens) => {
    expect(credentialsIn(header)).toEqual(tokens);
  });

  it('answers any header with a short list of tokens without spaces', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2 * MAX_HEADER_BYTES }), (header) => {
        const tokens = credentialsIn(header);
        expect(tokens.length).toBeLessThanOrEqual(16);
        for (const token of tokens) expect(token).not.toContain(' ');
      }),
    );
  });
});

describe('authenticate', () => {
  it('knows the caller by any of the forms clients send', async () => {
    for (const header of [
      secret,
      `Bearer ${secret}`,
      `FlyV1 ${secret}`,
      `Bearer fm2_other,${secret}`,
      `Basic ${Buffer.from(`x:${secret}`).toString('base64')}`,
    ])
      await expect(authenticate(header, directory(record), now)).resolves.toEqual({
        principal: { kind: 'organization', token: 'tok_1', organization: 'org_1', access: 'read' },
        credential: secret,
      });
  });

  it.each<[string, string | undefined, TokenRecord[]]>([
    ['no header', undefined, [record]],
    ['an unknown token', `Bearer ${newToken()}`, [record]],
    ['a token of another format', 'Bearer hunter2', [record]],
    ['a revoked token', `Bearer ${secret}`, [{ ...record, revoked: true }]],
    ['an expired token', `Bearer ${secret}`, [{ ...record, expiresAt: now.toISOString() }]],
  ])('refuses %s with the same words', async (_what, header, records) => {
    await expect(authenticate(header, directory(...records), now)).rejects.toMatchObject({
      code: 'unauthenticated',
      status: 401,
      message: 'Authenticate: token validation error',
    });
  });
});

describe('tokens', () => {
  it('are opaque to clients that look for macaroons', () => {
    expect(isToken(secret)).toBe(true);
    expect(secret.startsWith('fm')).toBe(false);
    expect(isToken(`${secret}x`)).toBe(false);
  });

  it('compares hashes and never throws on what is none', () => {
    expect(sameHash(hashToken(secret), hashToken(secret))).toBe(true);
    expect(sameHash(hashToken(secret), hashToken('bhk_other'))).toBe(false);
    expect(sameHash('', '')).toBe(false);
    expect(sameHash('zz', hashToken(secret))).toBe(false);
  });
});
