import { delayed, refused } from '../errors.js';
import { authorize, readBounded, unauthorized, type Credentials } from './authorization.js';
import { INDEX_TYPES, MANIFEST_TYPES, MAX_MANIFEST_BYTES, type Descriptor } from '../manifest.js';
import { formatReference, type Digest, type RegistryReference } from '../reference.js';
import { Retries, type RetryOptions } from './retry.js';
import { checkManifestDigest, sha256, type ImageSource, type RawManifest } from '../source.js';
import { discard, type Answer, type Transport } from './transport.js';

const ACCEPT = [...MANIFEST_TYPES, ...INDEX_TYPES].join(', ');
const MAX_RETRY_AFTER_MS = 3_600_000;
const DEFAULT_RETRY_AFTER_MS = 60_000;

/** One repository on a registry (OCI distribution-spec v1.1, "Pull"), with one caller's credentials. */
export class RegistrySource implements ImageSource {
  private authorization: string | undefined;

  constructor(
    private readonly reference: RegistryReference,
    private readonly credentials: Credentials | undefined,
    private readonly transport: Transport,
    private readonly patience: RetryOptions,
  ) {}

  async manifest(digest: Digest | undefined, signal: AbortSignal): Promise<RawManifest> {
    const retries = new Retries(this.patience, signal);
    for (;;) {
      try {
        return await this.askForManifest(digest ?? this.reference.digest, signal);
      } catch (error) {
        await retries.after(error);
      }
    }
  }

  /** Goes on where a broken transfer ended. */
  async *blob({ digest, size }: Descriptor, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    const retries = new Retries(this.patience, signal);
    for (let offset = 0; offset < size;) {
      try {
        for await (const chunk of this.askForBlob(digest, offset, signal)) {
          offset += chunk.length;
          yield chunk;
        }
        if (offset < size)
          throw delayed(
            'registry_unreachable',
            `${this.reference.host} ended the transfer of ${digest} early.`,
          );
      } catch (error) {
        await retries.after(error);
      }
    }
  }

  private async askForManifest(digest: Digest | undefined, signal: AbortSignal): Promise<RawManifest> {
    const name = digest ?? this.reference.tag ?? 'latest';
    const answer = await this.ask(`manifests/${name}`, { accept: ACCEPT }, signal);
    if (answer.status !== 200) throw await this.refusal(answer, `${name} of ${this.reference.repository}`);
    const bytes = await readBounded(answer, MAX_MANIFEST_BYTES);
    const mediaType = answer.headers['content-type']?.split(';')[0]?.trim();
    return checkManifestDigest(digest, { bytes, digest: sha256(bytes), mediaType });
  }

  private async *askForBlob(
    digest: Digest,
    offset: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void> {
    const range = offset > 0 ? { range: `bytes=${offset}-` } : undefined;
    const answer = await this.ask(`blobs/${digest}`, range ?? {}, signal);
    switch (answer.status) {
      case 200:
        return yield* skipping(answer.body, offset);
      case 206:
        if (range && answer.headers['content-range']?.startsWith(`bytes ${offset}-`))
          return yield* answer.body;
        await discard(answer);
        throw delayed('registry_unreachable', `${this.reference.host} answers another range than asked for.`);
      default:
        throw await this.refusal(answer, `blob ${digest} of ${this.reference.repository}`);
    }
  }

  private async ask(
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Answer> {
    const url = new URL(`${this.transport.origin}/v2/${this.reference.repository}/${path}`);
    const send = () =>
      this.transport.get(
        url,
        this.authorization ? { ...headers, authorization: this.authorization } : headers,
        signal,
      );
    const answer = await send();
    if (answer.status !== 401) return answer;
    await discard(answer);
    this.authorization = await authorize(answer, this.reference, this.credentials, this.transport, signal);
    return send();
  }

  private async refusal(answer: Answer, what: string): Promise<Error> {
    await discard(answer);
    const { host } = this.reference;
    switch (answer.status) {
      case 401:
      case 403:
        return unauthorized(this.reference, this.credentials);
      case 404:
        return refused(
          'image_not_found',
          `${formatReference(this.reference)} was not found: ${host} has no ${what}.`,
        );
      case 429:
        return delayed('registry_rate_limited', `${host} limits how often it may be asked.`, {
          delayMs: retryAfter(answer.headers['retry-after']),
        });
      default:
        return answer.status >= 500 || answer.status === 408
          ? delayed('registry_unreachable', `${host} answers ${answer.status} for ${what}.`)
          : refused('image_not_found', `${host} answers ${answer.status} for ${what}.`);
    }
  }
}

async function* skipping(bytes: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array, void> {
  let left = count;
  for await (const chunk of bytes) {
    if (chunk.length > left) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

/** Seconds or a date (RFC 9110 section 10.2.3), in milliseconds from now. */
function retryAfter(header: string | undefined): number {
  const text = header ?? '';
  const milliseconds = /^\d{1,6}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(milliseconds)
    ? DEFAULT_RETRY_AFTER_MS
    : Math.min(Math.max(milliseconds, 0), MAX_RETRY_AFTER_MS);
}
