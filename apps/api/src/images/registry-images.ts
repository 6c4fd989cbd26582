import type { OrganizationId, ResolvedImage } from '@bulkhead/domain';
import { IMAGE_LABELS_BYTES } from '@bulkhead/contracts/machine-config';
import type { Clock } from '@bulkhead/journal';
import {
  delayed,
  formatReference,
  LINUX_AMD64,
  openSource,
  parseReference,
  resolveImage,
  type Credentials,
  type ImageReference,
  type SourcePolicy,
} from '@bulkhead/images';
import type { Images } from './images.js';
import { Recent } from './recent.js';
import { Turns } from './turns.js';

export interface RegistryImagesOptions {
  readonly sources: SourcePolicy;
  readonly clock: Clock;
  /** An organization's own credential for a registry, if it has one there. */
  readonly credential: (organization: OrganizationId, registry: string) => Promise<Credentials | undefined>;
}

/** A client waits for it, so that it is short; what passes is the client's to ask again. */
const WITHIN_MS = 10_000;
/** How registries are asked so that several attempts fit into that. */
export const HASTY = {
  retries: { attempts: 3, pauseMs: 200, maxPauseMs: 2_000 },
  headTimeoutMs: 5_000,
  stallTimeoutMs: 3_000,
} satisfies Partial<SourcePolicy>;
/** What a tag stands for is believed for so long; what a digest stands for never changes. */
const TAG_FOR_MS = 10_000;
const REMEMBERED = 1_000;

/** Asks registries and reads layouts on disk. */
export class RegistryImages implements Images {
  private readonly recent: Recent<Promise<ResolvedImage>>;
  private readonly turns = new Turns({ all: 64, each: 8 });

  constructor(private readonly options: RegistryImagesOptions) {
    this.recent = new Recent(REMEMBERED, options.clock);
  }

  /** What one organization may see is never an answer to another. */
  async resolve(organization: OrganizationId, text: string): Promise<ResolvedImage> {
    const reference = parseReference(text);
    const key = `${organization} ${formatReference(reference)}`;
    const known = this.recent.get(key);
    if (known) return known;
    const image = this.turns.take(organization, () => this.ask(organization, reference));
    this.recent.put(key, image, reference.digest ? Infinity : TAG_FOR_MS);
    image.catch(() => this.recent.drop(key, image));
    return image;
  }

  private async ask(organization: OrganizationId, reference: ImageReference): Promise<ResolvedImage> {
    const signal = AbortSignal.timeout(WITHIN_MS);
    try {
      const credentials =
        reference.kind === 'registry'
          ? await this.options.credential(organization, reference.host)
          : undefined;
      const source = await openSource(reference, this.options.sources, credentials);
      const { digest, config } = await resolveImage(source, LINUX_AMD64, signal);
      return {
        digest,
        labels: fitting(config.labels),
        ...(credentials && reference.kind === 'registry' ? { credential: reference.host } : {}),
      };
    } catch (error) {
      throw signal.aborted ? tooSlow(reference, error) : error;
    }
  }
}

/** Labels in the image's order, as many as may be kept. */
function fitting(labels: Readonly<Record<string, string>>): Record<string, string> {
  const kept: [string, string][] = [];
  let bytes = 2;
  for (const [name, value] of Object.entries(labels)) {
    bytes += Buffer.byteLength(JSON.stringify({ [name]: value }));
    if (bytes > IMAGE_LABELS_BYTES) break;
    kept.push([name, value]);
  }
  return Object.fromEntries(kept);
}

const tooSlow = (reference: ImageReference, cause: unknown) =>
  delayed(
    'registry_unreachable',
    `${formatReference(reference)} could not be looked up within ${WITHIN_MS / 1000} s.`,
    { cause },
  );
