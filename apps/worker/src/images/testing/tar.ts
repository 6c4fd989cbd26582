import { pack, type Headers } from 'tar-stream';

export type TarFixture = Headers & { readonly content?: string | Uint8Array };

/** A tar stream with these entries, as another implementation writes it. */
export async function tarOf(entries: readonly TarFixture[]): Promise<Buffer> {
  const stream = pack();
  for (const { content, ...header } of entries)
    stream.entry({ mtime: new Date(1_000_000_000_000), ...header }, Buffer.from(content ?? ''));
  stream.finalize();
  return Buffer.concat(await Array.fromAsync(stream as AsyncIterable<Buffer>));
}
