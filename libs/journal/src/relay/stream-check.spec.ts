import { describe, expect, it } from '@jest/globals';
import { judgeStream, type Compared } from './stream-check.js';

const EPOCH = '1700000000-aaaaaaaaaaaa';
const NEWER = '1700000001-bbbbbbbbbbbb';

/** A stream of 1..10 that is in order with its journal, but for what a case says. */
const compared = (parts: {
  readonly stream?: Partial<NonNullable<Compared['state']>> | null;
  readonly head?: Partial<Compared['head']>;
  readonly last?: Partial<NonNullable<Compared['last']>> | null;
  readonly oldest?: number;
}): Compared => ({
  state:
    parts.stream === null
      ? null
      : { firstSequence: 1, lastSequence: 10, messages: 10, bytes: 1_000, drift: [], ...parts.stream },
  head: { epoch: EPOCH, position: 10, ...parts.head },
  last: parts.last === null ? null : { epoch: EPOCH, envelope: 'e10', journalEnvelope: 'e10', ...parts.last },
  oldest: parts.oldest ?? 1,
  maxBytes: 10_000,
});

describe('a stream', () => {
  it.each<[string, 'good' | 'repair' | 'ahead', Parameters<typeof compared>[0]]>([
    ['that is the same as its journal', 'good', {}],
    ['behind its journal', 'good', { head: { position: 50 } }],
    [
      'of which the oldest messages are past their age',
      'good',
      { stream: { firstSequence: 6, messages: 5 }, oldest: 6 },
    ],
    [
      'of which the oldest went for want of room',
      'good',
      { stream: { firstSequence: 6, messages: 5, bytes: 9_500 } },
    ],
    [
      'of which all messages are past their age',
      'good',
      { stream: { firstSequence: 11, messages: 0 }, last: null, oldest: 11 },
    ],
    ['that is missing', 'repair', { stream: null, last: null }],
    ['configured otherwise', 'repair', { stream: { drift: ['deny_purge'] } }],
    ['with a hole', 'repair', { stream: { messages: 9 } }],
    ['that was purged', 'repair', { stream: { firstSequence: 11, messages: 0 }, last: null }],
    ['that was cut', 'repair', { stream: { firstSequence: 6, messages: 5 } }],
    ['that ends before what is to be kept', 'repair', { head: { position: 50 }, oldest: 20 }],
    ['ahead of its journal', 'ahead', { head: { position: 9 }, last: { journalEnvelope: null } }],
    [
      'ahead of its journal, and configured otherwise',
      'ahead',
      { head: { position: 9 }, stream: { drift: ['max_age'] }, last: { journalEnvelope: null } },
    ],
    ['with another envelope at its end', 'ahead', { last: { envelope: 'other' } }],
    ['with a message at its end that is not the relay’s', 'ahead', { last: { epoch: EPOCH, envelope: '' } }],
    [
      'with a surplus of an epoch given up',
      'repair',
      { head: { epoch: NEWER, position: 9 }, last: { journalEnvelope: null } },
    ],
    [
      'with another envelope, of an epoch given up',
      'repair',
      { head: { epoch: NEWER }, last: { envelope: 'other' } },
    ],
  ])('%s: %s', (_what, kind, parts) => {
    expect(judgeStream(compared(parts)).kind).toBe(kind);
  });
});
