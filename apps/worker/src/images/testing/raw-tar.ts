/** Tar headers as no honest tool writes them. */
export interface RawHeader {
  readonly name?: string;
  readonly flag?: string;
  readonly size?: number | string;
  readonly link?: string;
  readonly content?: string | Uint8Array;
  /** Overwrites bytes of the header after its checksum was made. */
  readonly damage?: (header: Buffer) => void;
}

export function rawTar(...entries: readonly RawHeader[]): Buffer {
  return Buffer.concat([...entries.flatMap(rawEntry), Buffer.alloc(1024)]);
}

export function rawEntry({
  name = 'file',
  flag = '0',
  size,
  link = '',
  content = '',
  damage,
}: RawHeader): Buffer[] {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(512);
  header.write(name, 0, 100, 'latin1');
  header.write('0000644\0', 100, 'latin1');
  header.write(
    typeof size === 'string' ? size : (size ?? bytes.length).toString(8).padStart(11, '0'),
    124,
    12,
    'latin1',
  );
  header.write(flag, 156, 1, 'latin1');
  header.write(link, 157, 100, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.fill(' ', 148, 156);
  header.write(
    header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0') + '\0 ',
    148,
    'latin1',
  );
  damage?.(header);
  return [header, bytes, Buffer.alloc(-bytes.length & 511)];
}

/** A PAX extended header with these records. */
export function paxRecords(records: Readonly<Record<string, string>>): RawHeader {
  const content = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    const length = Buffer.byteLength(rest);
    const digits = String(length + String(length + 2).length).length;
    return `${length + digits}${rest}`;
  });
  return { name: 'pax', flag: 'x', content: content.join('') };
}
