import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enterableKernel } from './bz-image.mjs';

/** A bzImage around this LZ4 block, its header as far as it is read. */
function bzImage(block, size) {
  const payload = Buffer.alloc(12 + block.length);
  payload.writeUInt32LE(0x184c2102, 0);
  payload.writeUInt32LE(block.length, 4);
  block.copy(payload, 8);
  payload.writeUInt32LE(size, 8 + block.length);
  const head = Buffer.alloc(2 * 512 + 16);
  head[0x1f1] = 1;
  head.writeUInt16LE(0xaa55, 0x1fe);
  head.write('HdrS', 0x202, 'latin1');
  head.writeUInt16LE(0x020f, 0x206);
  head.writeUInt32LE(16, 0x248);
  head.writeUInt32LE(payload.length, 0x24c);
  return Buffer.concat([head, payload]);
}

const NOTE = Buffer.from([4, 0, 0, 0, 8, 0, 0, 0, 18, 0, 0, 0, ...Buffer.from('Xen\0')]);
const literals = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), NOTE]);
/** Twenty literals, then twenty bytes more from four before, then three literals. */
const blockOf = (beginning, distance = 4) =>
  Buffer.from([0xff, beginning.length - 15, ...beginning, distance, 0, 1, 0x30, ...Buffer.from('end')]);
const block = blockOf(literals);
const SIZE = 43;

test('gives the kernel that a bzImage holds', () => {
  const kernel = enterableKernel(bzImage(block, SIZE));
  const repeated = Buffer.concat(Array(5).fill(Buffer.from('Xen\0')));
  assert.deepEqual(kernel, Buffer.concat([literals, repeated, Buffer.from('end')]));
});

test('knows nothing of an image packed in another way', () => {
  assert.equal(enterableKernel(Buffer.alloc(4096)), null);
  const other = bzImage(block, SIZE);
  other[2 * 512 + 16] = 0xfd;
  assert.equal(enterableKernel(other), null);
});

test('takes no kernel that can not be entered directly', () => {
  const without = Buffer.from(literals);
  without[12] = 17;
  assert.equal(enterableKernel(bzImage(blockOf(without), SIZE)), null);
});

test('refuses an image that is damaged', () => {
  assert.throws(() => enterableKernel(bzImage(block, SIZE + 1)), /43 bytes where its image says 44/);
  assert.throws(() => enterableKernel(bzImage(blockOf(literals, 99), SIZE)), /damaged/);
});
