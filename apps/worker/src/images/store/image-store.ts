import { metrics } from '@opentelemetry/api';
import { TerminalError } from '@bulkhead/contracts';
import {
  codeOf,
  type Credentials,
  delayed,
  type Digest,
  type ImageSource,
  LINUX_AMD64,
  openSource,
  parseReference,
  type Platform,
  type ResolvedImage,
  resolveImage,
  type SourcePolicy,
} from '@bulkhead/images';
import { DEFAULT_LIMITS, type ImageLimits } from '../limits.js';
import { buildRootFilesystem } from '../unpack/build.js';
import { ImageCache, type CacheUsage, type LocalImage } from './cache.js';
import { SharedWork } from './shared-work.js';

export interface ImageStoreOptions {
  /** Belongs to this store alone. */
  readonly directory: string;
  /** For all cached images together. */
  readonly maxBytes: number;
  readonly sources: SourcePolicy;
  readonly limits?: Partial<ImageLimits>;
}

export interface ResolveOptions {
  /** Asked for when a registry is to be asked, and kept for that alone. */
  readonly credentials?: () => Promise<Credentials | undefined>;
  /** linux/amd64 unless given. */
  readonly platform?: Platform;
  readonly signal?: AbortSignal;
}

export interface EnsureOptions extends ResolveOptions {
  readonly onProgress?: (progress: Progress) => void;
  /** Pins the image to this holder before it could be evicted. */
  readonly holder?: string;
}

export interface Progress {
  readonly phase: 'resolving' | 'pulling' | 'finishing' | 'ready';
  readonly receivedBytes: number;
  /** 0 while resolving. */
  readonly totalBytes: number;
}

/** Images of this host, as root file systems to boot from. */
export class ImageStore {
  private readonly pulls = new SharedWork<Digest, LocalImage, Progress>();
  private readonly pullSeconds = metrics
    .getMeter('bulkhead')
    .createHistogram('bulkhead_worker_image_pull_seconds', {
      description: 'From the first layer to a root file system, by how it ended.',
      unit: 's',
      advice: { explicitBucketBoundaries: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] },
    });

  private constructor(
    private readonly cache: ImageCache,
    private readonly sources: SourcePolicy,
    private readonly limits: ImageLimits,
  ) {}

  static async open({ directory, maxBytes, sources, limits }: ImageStoreOptions): Promise<ImageStore> {
    const bounds = { ...DEFAULT_LIMITS, ...limits };
    const unpackedBytes = Math.min(bounds.unpackedBytes, maxBytes);
    return new ImageStore(await ImageCache.open(directory, maxBytes), sources, { ...bounds, unpackedBytes });
  }

  /** What a reference stands for now; asks its registry and leaves nothing behind. */
  async resolve(reference: string, options: ResolveOptions = {}): Promise<ResolvedImage> {
    return (await this.locate(reference, options)).image;
  }

  /**
   * Answers an image's root file system, pulling it where it isn't here. Concurrent calls for one image share a pull.
   * A reference with the digest of a manifest that is here asks no registry: who may use which image is decided where
   * the digest was resolved. Throws `ImageRefusal` and `ImageSetback` codes, and the signal's reason.
   */
  async ensure(reference: string, options: EnsureOptions = {}): Promise<LocalImage> {
    const { onProgress = () => undefined, holder } = options;
    const named = parseReference(reference).digest;
    const present = named && (await this.useCached(named, holder));
    if (present) return present;
    onProgress({ phase: 'resolving', receivedBytes: 0, totalBytes: 0 });
    const { source, image } = await this.locate(reference, options);
    const local = (await this.useCached(image.digest, holder)) ?? (await this.pull(source, image, options));
    onProgress({ phase: 'ready', receivedBytes: image.compressedBytes, totalBytes: image.compressedBytes });
    return local;
  }

  /** Keeps an image from eviction, also one that is yet to come, until the same holder unpins it. */
  pin(digest: Digest, holder: string): void {
    this.cache.pin(digest, holder);
  }

  unpin(digest: Digest, holder: string): void {
    this.cache.unpin(digest, holder);
  }

  usage(): CacheUsage {
    return this.cache.usage();
  }

  private async locate(
    reference: string,
    { credentials, platform = LINUX_AMD64, signal = NEVER }: ResolveOptions,
  ): Promise<{ source: ImageSource; image: ResolvedImage }> {
    const source = await openSource(parseReference(reference), this.sources, await credentials?.());
    return { source, image: await resolveImage(source, platform, signal) };
  }

  private useCached(digest: Digest, holder: string | undefined): Promise<LocalImage | undefined> {
    return this.held(digest, holder, () => this.cache.get(digest));
  }

  private pull(
    source: ImageSource,
    image: ResolvedImage,
    { signal = NEVER, onProgress = () => undefined, holder }: EnsureOptions,
  ): Promise<LocalImage> {
    return this.held(image.digest, holder, async () => {
      const start = (until: AbortSignal, report: (progress: Progress) => void) =>
        this.timed(this.build(source, image, until, report));
      const { joined, result } = this.pulls.join(image.digest, start, { signal, onProgress });
      if (!joined) return result;
      return result.catch((error: unknown) => {
        // Whoever began the pull may have lacked rights that this caller has.
        if (!(error instanceof TerminalError) || error.code !== 'image_unauthorized') throw error;
        return this.pulls.join(image.digest, start, { signal, onProgress }).result;
      });
    });
  }

  private async timed(pull: Promise<LocalImage>): Promise<LocalImage> {
    const begun = performance.now();
    let outcome = 'failed';
    try {
      const image = await pull;
      outcome = 'ok';
      return image;
    } finally {
      this.pullSeconds.record((performance.now() - begun) / 1_000, { outcome });
    }
  }

  private async build(
    source: ImageSource,
    image: ResolvedImage,
    signal: AbortSignal,
    report: (progress: Progress) => void,
  ): Promise<LocalImage> {
    const totalBytes = image.compressedBytes;
    let receivedBytes = 0;
    const say = (phase: Progress['phase']) => report({ phase, receivedBytes, totalBytes });
    const count = (bytes: number) => {
      receivedBytes += bytes;
      say('pulling');
    };
    try {
      return await this.cache.add(image.digest, totalBytes, image.config, (file) =>
        buildRootFilesystem(source, image, file, {
          limits: this.limits,
          signal,
          onBytes: count,
          onUnpacked: () => say('finishing'),
        }),
      );
    } catch (error) {
      throw isDiskFull(error)
        ? delayed('image_cache_full', 'The disk that holds the image cache is full.', {
            delayMs: 30_000,
            cause: error,
          })
        : error;
    }
  }

  /** Pins for the time of `work`, and beyond where it gave an image. */
  private async held<T extends LocalImage | undefined>(
    digest: Digest,
    holder: string | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    if (holder === undefined || this.cache.isPinned(digest, holder)) return work();
    this.cache.pin(digest, holder);
    let image: T | undefined;
    try {
      return (image = await work());
    } finally {
      if (!image) this.cache.unpin(digest, holder);
    }
  }
}

const NEVER = new AbortController().signal;

const isDiskFull = (error: unknown) => ['ENOSPC', 'EDQUOT'].includes(codeOf(error));
