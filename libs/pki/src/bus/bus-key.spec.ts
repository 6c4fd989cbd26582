import { createAccount, createOperator, createUser, fromPublic } from '@nats-io/nkeys';
import fc from 'fast-check';
import { BusKey } from './bus-key.js';

it.each([createOperator, createAccount, createUser])('is the nkey that its seed stands for', (create) => {
  const original = create();
  const key = BusKey.fromSeed(Buffer.from(original.getSeed()).toString());
  expect(key.getPublicKey()).toBe(original.getPublicKey());
  const message = Buffer.from('nonce');
  expect(fromPublic(key.getPublicKey()).verify(message, key.sign(message))).toBe(true);
  expect(key.verify(message, original.sign(message))).toBe(true);
});

it('takes no seed with a wrong letter, and no other text', () => {
  const seed = Buffer.from(createUser().getSeed()).toString();
  fc.assert(
    fc.property(
      fc.nat(seed.length - 1),
      fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'),
      (at, letter) => {
        fc.pre(seed[at] !== letter);
        expect(() => BusKey.fromSeed(seed.slice(0, at) + letter + seed.slice(at + 1))).toThrow();
      },
    ),
  );
  fc.assert(fc.property(fc.string(), (text) => expect(() => BusKey.fromSeed(text)).toThrow()));
});
