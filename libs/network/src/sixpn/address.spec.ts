import { isIPv6 } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatSixPn, hostEnd, machinePrefix, networkPrefix, parseSixPn, SixPnError } from './address.js';

const numbers = fc.record({
  network: fc.integer({ min: 1, max: 0x7fff_ffff }),
  host: fc.integer({ min: 1, max: 0xffff }),
  slot: fc.integer({ min: 1, max: 0xffff_ffff }),
});

describe('6PN addresses', () => {
  it('have the layout of the reference platform', () => {
    expect(formatSixPn({ network: 0x18, host: 0x7d, slot: 0x1_008d })).toBe('fdaa:0:18:a7b:7d:1:8d:2');
    expect(formatSixPn({ network: 0x1_0018, host: 1, slot: 1 })).toBe('fdaa:1:18:a7b:1:0:1:2');
    expect(machinePrefix({ network: 0x18, host: 0x7d, slot: 0x1_008d })).toBe('fdaa:0:18:a7b:7d:1:8d:0/112');
    expect(networkPrefix(0x18)).toBe('fdaa:0:18::/48');
    expect(hostEnd('fdaa:0:18:a7b:7d:1:8d:2')).toBe('fdaa:0:18:a7b:7d:1:8d:1');
  });

  it('come back as the numbers they were made of, and differ where those differ', () => {
    fc.assert(
      fc.property(numbers, numbers, (one, other) => {
        const text = formatSixPn(one);
        expect(isIPv6(text)).toBe(true);
        expect(parseSixPn(text)).toEqual(one);
        expect(parseSixPn(text.toUpperCase())).toEqual(one);
        expect(text === formatSixPn(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });

  it('refuse numbers that do not fit', () => {
    const fits = { network: 1, host: 1, slot: 1 };
    for (const over of [
      { network: 0 },
      { network: 2 ** 31 },
      { host: 65_536 },
      { slot: 2 ** 32 },
      { slot: 1.5 },
    ])
      expect(() => formatSixPn({ ...fits, ...over })).toThrow(SixPnError);
  });

  it.each([
    'fdab:0:18:a7b:7d:1:8d:2',
    'fdaa:0:18:a7c:7d:1:8d:2',
    'fdaa:0:18:a7b:7d:1:8d:1',
    'fdaa:0:0:a7b:7d:1:8d:2',
    'fdaa:0:18:a7b:7d:1:8d:2%eth0',
    'fdaa::18::2',
    'fdaa:0:18:a7b:7d:1:0:8d:2',
    ':fdaa:0:18:a7b:7d:1:8d:2',
    '::ffff:127.0.0.1',
    '',
    'x'.repeat(1_000_000),
  ])('are not %.40s', (text) => expect(() => parseSixPn(text)).toThrow(SixPnError));

  it('are never read out of other text', () => {
    const anyText = fc.oneof(fc.string(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:]{0,50}$/));
    fc.assert(
      fc.property(anyText, (text) => {
        try {
          expect(isIPv6(formatSixPn(parseSixPn(text)))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(SixPnError);
        }
      }),
    );
  });
});
