const BLOCK = 512;

/**
 * A ustar stream of regular files, owned by root and dated 1970, so that the same files give the same bytes.
 * @param {readonly { path: string, mode: number, data: Uint8Array }[]} files paths of at most 100 bytes
 * @returns {Buffer}
 */
export function tarArchive(files) {
  const pieces = files.flatMap(({ path, mode, data }) => [
    header(path, mode, data.length),
    data,
    Buffer.alloc(-data.length & (BLOCK - 1)),
  ]);
  return Buffer.concat([...pieces, Buffer.alloc(2 * BLOCK)]);
}

function header(path, mode, size) {
  const block = Buffer.alloc(BLOCK);
  if (block.write(path, 0, 100, 'utf8') !== Buffer.byteLength(path))
    throw new Error(`${path} is too long a path for tar`);
  const fields = [
    [100, 8, mode],
    [108, 8, 0],
    [116, 8, 0],
    [124, 12, size],
    [136, 12, 0],
  ];
  for (const [offset, length, value] of fields) block.write(octal(value, length - 1), offset, 'latin1');
  block.write('0', 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return block;
}

const octal = (value, digits) => value.toString(8).padStart(digits, '0');
