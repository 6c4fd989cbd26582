import { crc32c } from './crc32c.js';

/** RFC 3720 appendix B.4 gives the complemented values. */
const complemented = (bytes: Uint8Array) => (~crc32c(bytes) >>> 0).toString(16);

it('gives the checksums of RFC 3720', () => {
  expect(complemented(Buffer.alloc(32))).toBe('8a9136aa');
  expect(complemented(Buffer.alloc(32, 0xff))).toBe('62a8ab43');
  expect(complemented(Uint8Array.from({ length: 32 }, (_, n) => n))).toBe('46dd794e');
});
