/**
 * Writes an archive in the "newc" format that the Linux kernel reads as an initrd
 * (Documentation/driver-api/early-userspace/buffer-format). Owner root, time 0: the same files give the same bytes.
 * @param {{ path: string, mode: number, data?: Buffer, device?: [number, number] }[]} entries directories before what they hold; a
 *   device is major and minor number
 * @returns {Buffer}
 */
export function cpioArchive(entries) {
  const parts = entries.map((entry, index) => member(entry, index + 1));
  return padded(Buffer.concat([...parts, member({ path: 'TRAILER!!!', mode: 0 }, 0)]), 512);
}

function member({ path, mode, data = Buffer.alloc(0), device = [0, 0] }, inode) {
  const name = Buffer.from(`${path}\0`);
  const links = 1;
  const fields = [inode, mode, 0, 0, links, 0, data.length, 0, 0, ...device, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return Buffer.concat([padded(Buffer.concat([header, name]), 4), padded(data, 4)]);
}

function padded(bytes, unit) {
  const missing = (unit - (bytes.length % unit)) % unit;
  return missing === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(missing)]);
}
