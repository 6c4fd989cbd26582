/**
 * The kernel inside a bzImage (Documentation/arch/x86/boot, protocol 2.08 and later) as the ELF file it is: a VMM that can enter it
 * directly (PVH) spares each guest's boot its decompression.
 */

const BOOT_FLAG = 0xaa55;
const HEADER_MAGIC = 'HdrS';
const PAYLOAD_SINCE = 0x0208;
const SECTOR = 512;
/** The LZ4 tool's legacy frame, in which the kernel's build packs it, its size behind it. */
const LZ4_LEGACY = 0x184c2102;
const ELF = Buffer.from('\x7fELF', 'latin1');
/** The note that names a PVH entry (XEN_ELFNOTE_PHYS32_ENTRY), its address in 4 or 8 bytes. */
const PVH_NOTES = [4, 8].map((length) =>
  Buffer.from([4, 0, 0, 0, length, 0, 0, 0, 18, 0, 0, 0, ...Buffer.from('Xen\0')]),
);

/**
 * @param {Buffer} image
 * @returns {Buffer | null} null where it is not packed in a way that is known here, or has no entry of that kind
 */
export function enterableKernel(image) {
  const payload = payloadOf(image);
  if (payload === null || payload.length < 12 || payload.readUInt32LE(0) !== LZ4_LEGACY) return null;
  const kernel = unpackLegacyFrame(payload.subarray(4, -4), payload.readUInt32LE(payload.length - 4));
  return kernel.subarray(0, 4).equals(ELF) && PVH_NOTES.some((note) => kernel.includes(note)) ? kernel : null;
}

function payloadOf(image) {
  if (image.length < 2 * SECTOR || image.readUInt16LE(0x1fe) !== BOOT_FLAG) return null;
  if (image.toString('latin1', 0x202, 0x206) !== HEADER_MAGIC || image.readUInt16LE(0x206) < PAYLOAD_SINCE)
    return null;
  const setupSectors = image[0x1f1] || 4;
  const start = (setupSectors + 1) * SECTOR + image.readUInt32LE(0x248);
  return image.subarray(start, start + image.readUInt32LE(0x24c));
}

/** @param {Buffer} frame blocks, each behind its length */
function unpackLegacyFrame(frame, size) {
  const output = Buffer.alloc(size);
  let written = 0;
  for (let at = 0; at < frame.length;) {
    const end = at + 4 + frame.readUInt32LE(at);
    written = unpackBlock(frame.subarray(at + 4, end), output, written);
    at = end;
  }
  if (written !== size) throw new Error(`The kernel has ${written} bytes where its image says ${size}.`);
  return output;
}

/** One LZ4 block: literals, then a match in what was written before, and so on (lz4_Block_format.md). */
function unpackBlock(block, output, from) {
  let at = 0;
  let to = from;
  const lengthOf = (short) => {
    let length = short;
    if (short === 15) for (let more = 255; more === 255; length += more) more = block[at++];
    return length;
  };
  while (at < block.length) {
    const token = block[at++];
    const literals = lengthOf(token >> 4);
    block.copy(output, to, at, at + literals);
    at += literals;
    to += literals;
    if (at >= block.length) break;
    const distance = block.readUInt16LE(at);
    at += 2;
    const match = lengthOf(token & 15) + 4;
    if (distance === 0 || distance > to) throw new Error('The kernel’s image is damaged.');
    for (const end = to + match; to < end; to++) output[to] = output[to - distance];
  }
  return to;
}
