import type { LookupAddress, LookupOptions } from 'node:dns';
import { networkInterfaces } from 'node:os';
import fc from 'fast-check';
import { isPublic, publicLookup } from './destinations.js';

const lookup = (answers: readonly string[], options: LookupOptions = { all: true }) =>
  new Promise<string | LookupAddress[]>((resolve, reject) => {
    const addresses = answers.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const guarded = publicLookup((_name, _options, callback) => callback(null, addresses));
    guarded('registry.example', options, (error, found) => (error ? reject(error) : resolve(found)));
  });

describe('an address', () => {
  it.each(['1.1.1.1', '140.82.121.34', '2606:4700::1111', '::ffff:1.1.1.1'])('%s is public', (address) => {
    expect(isPublic(address)).toBe(true);
  });

  it.each([
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.8.8.8', '169.254.169.254', '172.31.0.1', '192.168.1.1'],
    ...['192.0.2.1', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...['::', '::1', '::ffff:10.0.0.1', '::7f00:1', '64:ff9b::a00:1', '64:ff9b:1::a00:1', '2002:a00:1::1'],
    ...['fc00::1', 'fdaa:0:1::3', 'fe80::1', 'fec0::1', 'ff02::1', '2001:db8::1', 'localhost', ''],
  ])('%s is not', (address) => {
    expect(isPublic(address)).toBe(false);
  });

  it('of this host is not public, whatever it is', () => {
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    expect(own.length).toBeGreaterThan(0);
    for (const { address } of own) expect(isPublic(address)).toBe(false);
  });

  it('of an inner network is not public in any of its forms', () => {
    const inner = fc.oneof(
      fc.tuple(fc.constant(10), fc.nat(255), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(192), fc.constant(168), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(127), fc.nat(255), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(169), fc.constant(254), fc.nat(255), fc.nat(255)),
    );
    fc.assert(
      fc.property(inner, (octets) => {
        const dotted = octets.join('.');
        const hex = octets.map((octet) => octet.toString(16).padStart(2, '0')).join('');
        for (const form of [dotted, `::ffff:${dotted}`, `::ffff:${hex.slice(0, 4)}:${hex.slice(4)}`])
          expect(isPublic(form)).toBe(false);
      }),
    );
  });

  it('that is any text is judged without an error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.ipV6(), fc.ipV4Extended()), (text) => void isPublic(text)),
    );
  });
});

describe('a name', () => {
  it('is given its addresses, as many as were wanted', async () => {
    expect(await lookup(['1.1.1.1', '2606:4700::1111'])).toHaveLength(2);
    expect(await lookup(['1.1.1.1'], {})).toBe('1.1.1.1');
  });

  it.each([[['10.0.0.1']], [['1.1.1.1', '127.0.0.1']], [['1.1.1.1', '::1']]])(
    'that stands for %j is refused, whatever else it stands for',
    async (answers) => {
      await expect(lookup(answers)).rejects.toMatchObject({ code: 'registry_forbidden' });
      await expect(lookup(answers, {})).rejects.toMatchObject({ code: 'registry_forbidden' });
    },
  );

  it('without an address is an error', async () => {
    await expect(lookup([])).rejects.toThrow('no address');
  });
});
