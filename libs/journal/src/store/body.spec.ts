import { describe, expect, it } from '@jest/globals';
import {
  LIMITS,
  newOrganizationId,
  TerminalError,
  toTimestamp,
  type EnvelopeBody,
} from '@bulkhead/contracts';
import fc from 'fast-check';
import { canonical } from './canonical.js';
import { aggregateKey, decodeBody, encodeBody, parseAggregateKey } from './body.js';

const body = (data: Record<string, unknown>): EnvelopeBody => ({
  id: 'e1',
  service: 'scheduler',
  aggregate: { type: 'machine', id: 'm1' },
  version: 1,
  command: 'c1',
  actor: { kind: 'user', id: 'usr_1' },
  organization: newOrganizationId(),
  occurredAt: toTimestamp(new Date(0)),
  events: [{ type: 'Happened', v: 1, data }],
});

describe('a body', () => {
  it('is read back as it was written, and written again as the same bytes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (data) => {
        fc.pre(!Object.hasOwn(data, '__proto__'));
        const bytes = encodeBody(body(JSON.parse(JSON.stringify(data)) as Record<string, unknown>));
        expect(encodeBody(decodeBody(bytes)).equals(bytes)).toBe(true);
      }),
    );
  });

  it('is never larger than the limit, whatever its characters weigh', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('a', 'ü', '€', '😀', '"', '\u0001'),
        fc.integer({ min: 40_000, max: 300_000 }),
        (character, count) => {
          try {
            expect(encodeBody(body({ text: character.repeat(count) })).length).toBeLessThanOrEqual(
              LIMITS.bodyBytes,
            );
          } catch (error) {
            expect(error).toBeInstanceOf(TerminalError);
            expect(error).toMatchObject({ code: 'body_too_large', status: 413, details: { field: 'text' } });
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each([
    [{ config: { env: { $sealed: 'x'.repeat(300_000) }, image: 'i' } }, 'config.env'],
    [{ config: { metadata: { a: 'x'.repeat(290_000), b: 'y' } } }, 'config.metadata.a'],
    [
      Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`k${n}`, 'x'.repeat(10_000)])),
      'the events together',
    ],
  ])('that is too large names the field that makes it so', (data, field) => {
    expect(() => encodeBody(body(data))).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ field }) }),
    );
  });

  it('is bounded and checked when it is read', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          expect(() => decodeBody(bytes)).toThrow();
        },
      ),
    );
  });
});

describe('the text of a content', () => {
  it('does not depend on the order of its keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (content) => {
        const reversed = Object.fromEntries(Object.entries(content).reverse());
        expect(canonical(reversed)).toBe(canonical(content));
      }),
    );
  });

  it('differs where the content differs', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        fc.pre(JSON.stringify(a) !== JSON.stringify(b));
        const same = canonical(a) === canonical(b);
        if (same) expect(a).toEqual(b);
      }),
    );
  });
});

it('names an aggregate in one text that is read back', () => {
  const part = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z][a-z-]{0,10}$/),
      fc.array(part, { minLength: 1, maxLength: 3 }),
      (type, parts) => {
        const ref = { type, id: parts.join('/') };
        expect(parseAggregateKey(aggregateKey(ref))).toEqual(ref);
      },
    ),
  );
});
