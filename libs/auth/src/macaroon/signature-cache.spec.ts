import {
  action,
  addThirdParty,
  attenuate,
  discharge,
  flyioUserId,
  MASK,
  mint,
  newKey,
  openTicket,
  organization,
  SignatureCache,
  thirdPartiesOf,
  validityWindow,
  verify,
  type Macaroon,
} from './index.js';

const location = 'https://api.example/v1';
const login = 'https://login.example';
const key = newKey();
const loginKey = newKey();
const inOne = organization.of({ id: 1n, mask: MASK.all });
const readOnly = action.of(MASK.read);
const today = validityWindow.of({ not_before: 0n, not_after: 2n ** 40n });
const fresh = () => mint({ kid: Buffer.from('root 1'), location, key }, [inOne]);
const wordOf = (token: Macaroon) =>
  discharge(openTicket(loginKey, thirdPartiesOf(token)[0]?.ticket ?? Buffer.alloc(0)), login, [
    today,
    flyioUserId.of(7n),
  ]);

describe('a cache of signatures', () => {
  it('verifies what it was told of, and children of it, without a key', () => {
    const cache = new SignatureCache(location, 10);
    const token = attenuate(fresh(), [today]);
    expect(cache.verify(token, [])).toBeNull();
    cache.remember(verify(token, { key, location }));
    expect(cache.verify(token, [])?.caveats).toEqual([inOne, today]);
    expect(cache.verify(attenuate(token, [readOnly]), [])?.caveats).toEqual([inOne, today, readOnly]);
  });

  it('knows nothing of parents and strangers', () => {
    const cache = new SignatureCache(location, 10);
    const parent = fresh();
    cache.remember(verify(attenuate(parent, [today]), { key, location }));
    expect(cache.verify(parent, [])).toBeNull();
    expect(cache.verify(fresh(), [])).toBeNull();
  });

  it('tells a forged child without asking anybody', () => {
    const cache = new SignatureCache(location, 10);
    const token = fresh();
    cache.remember(verify(token, { key, location }));
    const forged = { ...token, caveats: [...token.caveats, readOnly] };
    expect(() => cache.verify(forged, [])).toThrow('signed with another key');
  });

  it('wants the discharges again that it has seen, and no others', () => {
    const cache = new SignatureCache(location, 10);
    const token = addThirdParty(fresh(), login, loginKey);
    const [word, another] = [wordOf(token), wordOf(token)];
    const thirdParties = new Map([[login, [loginKey]]]);
    cache.remember(verify(token, { key, location, discharges: [word], thirdParties }));
    expect(cache.verify(token, [])).toBeNull();
    expect(cache.verify(token, [another])).toBeNull();
    const child = cache.verify(attenuate(token, [readOnly]), [another, word]);
    expect(child?.caveats).toEqual([inOne, readOnly, today]);
    expect(child?.attestations).toEqual([flyioUserId.of(7n)]);
    cache.remember(verify(token, { key, location, discharges: [another], thirdParties }));
    expect(cache.verify(token, [word])?.discharges).toHaveLength(1);
    expect(cache.verify(token, [another])?.discharges).toHaveLength(1);
  });

  it('follows a third party that a child asks by itself', () => {
    const cache = new SignatureCache(location, 10);
    const token = fresh();
    cache.remember(verify(token, { key, location }));
    const child = addThirdParty(token, login, loginKey);
    expect(() => cache.verify(child, [])).toThrow('has not discharged');
    expect(cache.verify(child, [wordOf(child)])?.attestations).toEqual([]);
  });

  it('keeps as many as it may, those used last', () => {
    const cache = new SignatureCache(location, 2);
    const [one, two, three] = [fresh(), fresh(), fresh()];
    for (const token of [one, two]) cache.remember(verify(token, { key, location }));
    cache.verify(one, []);
    cache.remember(verify(three, { key, location }));
    expect(cache.size).toBe(2);
    expect([one, two, three].map((token) => cache.verify(token, []) !== null)).toEqual([true, false, true]);
    cache.forgetAll();
    expect(cache.size).toBe(0);
  });
});
