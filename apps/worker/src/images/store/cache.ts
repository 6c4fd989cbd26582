import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readMetadataHash, type WrittenImage } from '../erofs/image.js';
import { codeOf, delayed, type Digest, imageConfig, type ImageConfig, isDigest } from '@bulkhead/images';

/** A root file system ready to boot. */
export interface LocalImage {
  /** Of the image's manifest. */
  readonly digest: Digest;
  /** An EROFS image, readable by everybody; its bytes never change. */
  readonly path: string;
  readonly bytes: number;
  readonly config: ImageConfig;
}

export interface CacheUsage {
  readonly images: number;
  readonly bytes: number;
  readonly pinnedBytes: number;
  readonly maxBytes: number;
}

interface Entry {
  readonly bytes: number;
  lastUsed: number;
}

const IMAGE = 'rootfs.erofs';
const RECORD = 'record.json';
const record = z.object({
  version: z.literal(1),
  image: z.object({ bytes: z.int(), metadataAt: z.int(), metadataHash: z.string() }),
  config: imageConfig,
});
type Record = z.infer<typeof record>;

/**
 * Root file systems by manifest digest, in a directory that belongs to this process alone: `images/<hex>/` holds what
 * is complete, `partial/` what is being made or thrown away. An image appears by a rename after everything was
 * synced, so a crash leaves either all of it or nothing. The least recently used images without a holder make room.
 */
export class ImageCache {
  private readonly entries = new Map<Digest, Entry>();
  private readonly holders = new Map<Digest, Set<string>>();

  private constructor(
    private readonly directory: string,
    private readonly maxBytes: number,
  ) {}

  static async open(directory: string, maxBytes: number): Promise<ImageCache> {
    const cache = new ImageCache(directory, maxBytes);
    await rm(cache.partial(), { recursive: true, force: true });
    await mkdir(cache.partial(), { recursive: true });
    await mkdir(join(directory, 'images'), { recursive: true });
    for (const name of await readdir(join(directory, 'images'))) await cache.discover(name);
    return cache;
  }

  /** The image if it is here and whole; a damaged one is thrown away. */
  async get(digest: Digest): Promise<LocalImage | undefined> {
    const entry = this.entries.get(digest);
    if (!entry) return undefined;
    const image = await this.readWhole(digest);
    if (!image) {
      await this.remove(digest);
      return undefined;
    }
    const now = new Date();
    entry.lastUsed = now.getTime();
    await utimes(join(this.home(digest), RECORD), now, now);
    return image;
  }

  /**
   * Makes an image that is not here: `write` fills an empty file. Throws `image_cache_full` where pinned images leave
   * no room for `expectedBytes` beforehand or for the image afterwards, and what `write` throws; nothing is left then.
   */
  async add(
    digest: Digest,
    expectedBytes: number,
    config: ImageConfig,
    write: (file: FileHandle) => Promise<WrittenImage>,
  ): Promise<LocalImage> {
    await this.makeRoom(expectedBytes);
    const draft = this.partial(randomUUID());
    try {
      await mkdir(draft);
      const image = await writeDraft(draft, config, write);
      const present = await this.get(digest);
      if (present) {
        // A pull that everybody had given up finished after all.
        await rm(draft, { recursive: true, force: true });
        return present;
      }
      await this.makeRoom(image.bytes);
      await rename(draft, this.home(digest));
      await syncDirectory(join(this.directory, 'images'));
      this.entries.set(digest, { bytes: image.bytes, lastUsed: Date.now() });
      return { digest, path: join(this.home(digest), IMAGE), bytes: image.bytes, config };
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      throw error;
    }
  }

  /** Keeps an image, present or to come, for as long as `holder` (a machine, say) needs it. */
  pin(digest: Digest, holder: string): void {
    const holders = this.holders.get(digest) ?? new Set();
    this.holders.set(digest, holders.add(holder));
  }

  unpin(digest: Digest, holder: string): void {
    const holders = this.holders.get(digest);
    if (holders?.delete(holder) && holders.size === 0) this.holders.delete(digest);
  }

  isPinned(digest: Digest, holder: string): boolean {
    return this.holders.get(digest)?.has(holder) ?? false;
  }

  usage(): CacheUsage {
    const pinned = [...this.entries].filter(([digest]) => this.holders.has(digest));
    return {
      images: this.entries.size,
      bytes: sum([...this.entries.values()]),
      pinnedBytes: sum(pinned.map(([, entry]) => entry)),
      maxBytes: this.maxBytes,
    };
  }

  private async makeRoom(bytes: number): Promise<void> {
    const { pinnedBytes } = this.usage();
    if (pinnedBytes + bytes > this.maxBytes)
      throw delayed(
        'image_cache_full',
        `The image cache has no room for ${bytes} bytes: ${pinnedBytes} of ${this.maxBytes} are in use by machines.`,
        { delayMs: 30_000 },
      );
    const idle = [...this.entries].filter(([digest]) => !this.holders.has(digest));
    idle.sort(([, a], [, b]) => a.lastUsed - b.lastUsed);
    for (const [digest] of idle) {
      if (this.usage().bytes + bytes <= this.maxBytes) return;
      if (!this.holders.has(digest)) await this.remove(digest);
    }
  }

  private async remove(digest: Digest): Promise<void> {
    this.entries.delete(digest);
    const trash = this.partial(randomUUID());
    await rename(this.home(digest), trash);
    await rm(trash, { recursive: true, force: true });
  }

  private async discover(name: string): Promise<void> {
    const digest = `sha256:${name}`;
    const path = join(this.directory, 'images', name);
    try {
      const { mtimeMs } = await stat(join(path, RECORD));
      const { size } = await stat(join(path, IMAGE));
      if (isDigest(digest)) this.entries.set(digest, { bytes: size, lastUsed: mtimeMs });
    } catch (error) {
      if (!isDamage(error)) throw error;
      await rm(path, { recursive: true, force: true });
    }
  }

  private async readWhole(digest: Digest): Promise<LocalImage | undefined> {
    const path = join(this.home(digest), IMAGE);
    try {
      const { image, config } = decodeRecord(await readFile(join(this.home(digest), RECORD), 'utf8'));
      await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      const whole =
        (await file.stat()).size === image.bytes &&
        (await readMetadataHash(file, image)) === image.metadataHash;
      return whole ? { digest, path, bytes: image.bytes, config } : undefined;
    } catch (error) {
      if (isDamage(error)) return undefined;
      throw error;
    }
  }

  private home(digest: Digest): string {
    return join(this.directory, 'images', digest.slice('sha256:'.length));
  }

  private partial(name = ''): string {
    return join(this.directory, 'partial', name);
  }
}

async function writeDraft(
  draft: string,
  config: ImageConfig,
  write: (file: FileHandle) => Promise<WrittenImage>,
): Promise<WrittenImage> {
  await using file = await open(join(draft, IMAGE), 'wx+', 0o644);
  const image = await write(file);
  await using recordFile = await open(join(draft, RECORD), 'wx', 0o644);
  await recordFile.writeFile(encodeRecord({ version: 1, image, config }));
  await recordFile.sync();
  await file.chmod(0o444);
  await syncDirectory(draft);
  return image;
}

/** A line with the hash of the rest, so that a damaged configuration shows. */
const encodeRecord = (content: Record) => {
  const json = JSON.stringify(content);
  return `${hashOf(json)}\n${json}`;
};

function decodeRecord(text: string): Record {
  const [hash, json = ''] = text.split('\n', 2);
  if (hashOf(json) !== hash) throw new SyntaxError('the record is damaged');
  return record.parse(JSON.parse(json));
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

const isDamage = (error: unknown) =>
  error instanceof SyntaxError ||
  error instanceof z.ZodError ||
  ['ENOENT', 'ENOTDIR', 'ELOOP', 'EIO'].includes(codeOf(error));

const sum = (entries: readonly Entry[]) => entries.reduce((total, { bytes }) => total + bytes, 0);

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  await directory.sync();
}
