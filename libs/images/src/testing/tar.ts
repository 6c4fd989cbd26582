import { pack, type Header } from 'tar-stream';

export type TarFixture = Partial<Header> & { readonly name: string; readonly content?: string | Uint8Array };

/** A tar stream with these entries, as another implementation writes it. */
export async function tarOf(entries: readonly TarFixture[]): Promise<Buffer> {
  const stream = pack();
  for (const { content, ...header } of entries)
    stream.entry({ mtime: new Date(1_000_000_000_000), ...header }, Buffer.from(content ?? ''));
  stream.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks);
}
