import fc from 'fast-check';
import { generateSealKeyPair, seal, SealedBoxError, unseal } from './sealed-box.js';

const pair = generateSealKeyPair();
const text = Buffer.from('registry password');

it('opens for the holder of the key, under the same context', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4096 }), fc.string(), (plaintext, context) => {
      expect(Buffer.from(unseal(pair, seal(pair.publicKey, plaintext, context), context))).toEqual(
        Buffer.from(plaintext),
      );
    }),
  );
});

it('opens for nobody else and under no other context', () => {
  const box = seal(pair.publicKey, text, 'registry/org_1');
  expect(() => unseal(generateSealKeyPair(), box, 'registry/org_1')).toThrow(SealedBoxError);
  expect(() => unseal(pair, box, 'registry/org_2')).toThrow(SealedBoxError);
});

it('does not open once any byte of it is changed, or when it is cut', () => {
  const box = seal(pair.publicKey, text, '');
  fc.assert(
    fc.property(fc.nat(box.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Uint8Array.from(box, (byte, index) => (index === at ? byte ^ flip : byte));
      expect(() => unseal(pair, changed, '')).toThrow(SealedBoxError);
      expect(() => unseal(pair, box.subarray(0, at), '')).toThrow(SealedBoxError);
    }),
  );
});

it('never looks the same twice', () => {
  expect(Buffer.from(seal(pair.publicKey, text, ''))).not.toEqual(
    Buffer.from(seal(pair.publicKey, text, '')),
  );
});
