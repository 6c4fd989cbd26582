import fc from 'fast-check';
import { TerminalError } from '@bulkhead/contracts';
import { paxRecords, rawEntry, rawTar, type RawHeader } from '../testing/raw-tar.js';
import { tarOf } from '@bulkhead/images/testing/tar';
import { TarReader, type TarEntry } from './tar.js';

interface Read {
  readonly entry: TarEntry;
  readonly content: string;
}

/** Everything in a stream that is handed over in pieces of at most `piece` bytes. */
function readTar(stream: Uint8Array, piece = 65_536): Read[] {
  const read: { entry: TarEntry; content: string }[] = [];
  const reader = new TarReader({
    entry: (entry) => void read.push({ entry, content: '' }),
    data: (bytes) => void (read.at(-1)!.content += Buffer.from(bytes).toString('latin1')),
  });
  for (let at = 0; at < stream.length; at += piece) reader.write(stream.subarray(at, at + piece));
  reader.end();
  return read;
}

const LONG = `${'very-long-directory-name/'.repeat(20)}file`;

describe('a tar stream', () => {
  it('has entries of every type, read back as another implementation wrote them', async () => {
    const stream = await tarOf([
      { name: 'dir/', type: 'directory', mode: 0o1777, uid: 7, gid: 8 },
      { name: 'dir/file', mode: 0o4755, content: 'hello' },
      { name: 'dir/hard', type: 'link', linkname: 'dir/file' },
      { name: 'dir/soft', type: 'symlink', linkname: LONG },
      { name: 'null', type: 'character-device', devmajor: 1, devminor: 3 },
      { name: 'pipe', type: 'fifo' },
      { name: LONG, content: 'deep' },
      { name: 'ünï', content: 'x', uid: 200_000 },
    ]);
    const read = readTar(stream);
    const mtime = { seconds: 1_000_000_000, nanoseconds: 0 };
    expect(read.map(({ entry }) => entry)).toMatchObject([
      { type: 'directory', path: 'dir/', mode: 0o1777, uid: 7, gid: 8, mtime },
      { type: 'file', path: 'dir/file', mode: 0o4755, size: 5, mtime },
      { type: 'hardlink', path: 'dir/hard', target: 'dir/file' },
      { type: 'symlink', path: 'dir/soft', target: LONG },
      { type: 'character', path: 'null', major: 1, minor: 3 },
      { type: 'fifo', path: 'pipe' },
      { type: 'file', path: LONG, size: 4 },
      { type: 'file', path: Buffer.from('ünï').toString('latin1'), uid: 200_000 },
    ]);
    expect(read.map(({ content }) => content)).toEqual(['', 'hello', '', '', '', '', 'deep', 'x']);
  });

  it('gives the same however it is cut into pieces', async () => {
    const stream = await tarOf([
      { name: 'a', content: 'x'.repeat(1500) },
      { name: LONG },
      { name: 'b', content: 'y' },
    ]);
    const whole = readTar(stream);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), (piece) =>
        expect(readTar(stream, piece)).toEqual(whole),
      ),
    );
  });

  it('carries extended attributes and times before and after 1970 to the nanosecond', () => {
    const [late, early] = readTar(
      rawTar(
        paxRecords({
          'SCHILY.xattr.user.note': 'hi=there',
          mtime: '1700000000.123456789',
          uid: '4000000000',
        }),
        {},
        paxRecords({ mtime: '-1.25' }),
        {},
      ),
    );
    expect(late?.entry).toMatchObject({
      uid: 4_000_000_000,
      mtime: { seconds: 1_700_000_000, nanoseconds: 123_456_789 },
    });
    expect(Object.fromEntries(late?.entry.xattrs ?? [])).toEqual({
      'user.note': new Uint8Array(Buffer.from('hi=there')),
    });
    expect(early?.entry).toMatchObject({
      mtime: { seconds: -2, nanoseconds: 750_000_000 },
      xattrs: new Map(),
    });
  });

  it('may use long names and binary numbers as GNU tar does', () => {
    const [read] = readTar(
      rawTar(
        { name: '././@LongLink', flag: 'L', content: `${LONG}\0` },
        { name: 'cut', size: '\x80\0\0\0\0\0\0\0\0\0\0\x03', content: 'abc' },
      ),
    );
    expect(read).toMatchObject({ entry: { path: LONG, size: 3 }, content: 'abc' });
  });

  it('may lack its end mark and the padding of its last file', () => {
    expect(readTar(Buffer.concat(rawEntry({ content: 'abc' }).slice(0, 2)))).toMatchObject([
      { content: 'abc' },
    ]);
  });

  const damaged: readonly (readonly [string, Uint8Array])[] = [
    ['a file cut short', rawTar({ content: 'x'.repeat(2000) }).subarray(0, 1500)],
    ['a header cut short', rawTar({}).subarray(0, 100)],
    ['a wrong checksum', rawTar({ damage: (header) => header.write('f00', 0) })],
    ['a size that is no number', rawTar({ size: '0000000009x' })],
    ['a negative size', rawTar({ size: '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff' })],
    ['a size beyond all measure', rawTar({ size: '\x80\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff' })],
    ['a sparse file', rawTar({ flag: 'S' })],
    ['a sparse file of PAX', rawTar(paxRecords({ 'GNU.sparse.major': '1' }), {})],
    ['an unknown type', rawTar({ flag: 'M' })],
    ['an entry after the end', Buffer.concat([Buffer.alloc(512), ...rawEntry({})])],
    ['an extended header without an entry', rawTar(paxRecords({ path: 'x' }))],
    ['an extended header of 2 MiB', rawTar({ flag: 'x', size: 2 * 1024 ** 2 })],
    ['an extended record without end', rawTar({ flag: 'x', content: '99 path=a\n' }, {})],
    ['an extended record without a key', rawTar({ flag: 'x', content: '5 ab\n' }, {})],
    ['a zero byte in a path', rawTar(paxRecords({ path: 'a\0b' }), {})],
    ['a user id that is no number', rawTar(paxRecords({ uid: '-1' }), {})],
    [
      'too many attributes',
      rawTar(
        paxRecords(Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`SCHILY.xattr.user.${n}`, '']))),
        {},
      ),
    ],
  ];
  it.each(damaged)('with %s is refused', (_, stream) => {
    expect(() => readTar(stream)).toThrow(
      expect.objectContaining({ code: 'image_layer_invalid', retryable: false }),
    );
  });

  it('of any bytes is read or refused, and never hands over more than it has', () => {
    const header = fc.record<RawHeader>(
      {
        name: fc.string({ maxLength: 100, unit: 'binary' }),
        flag: fc.constantFrom('0', '1', '2', '5', 'x', 'g', 'L', 'K', '\0', '7', 'S'),
        size: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.string({ maxLength: 12 })),
        content: fc.oneof(
          fc.string({ maxLength: 2000 }),
          fc.constantFrom('20 path=aaaaaaaaaa\n', '18 size=123456789\n', '9 mtime=\n'),
        ),
      },
      { requiredKeys: [] },
    );
    const stream = fc
      .tuple(fc.array(header, { maxLength: 6 }), fc.uint8Array({ maxLength: 700 }), fc.nat())
      .map(([headers, noise, cut]) => {
        const bytes = Buffer.concat([...headers.flatMap(rawEntry), noise]);
        return bytes.subarray(0, bytes.length - (cut % (bytes.length + 1)));
      });
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 1024 }), (bytes, piece) => {
        try {
          const contents = readTar(bytes, piece).map(({ content }) => content.length);
          expect(contents.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(TerminalError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
