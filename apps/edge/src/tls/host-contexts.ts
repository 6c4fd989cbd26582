import { createSecureContext, type SecureContext } from 'node:tls';
import type { CertificateSource } from './certificate-source.js';

const MAX_CONTEXTS = 2000;
/** How often a source is asked again for a certificate it may have renewed, in ms. */
const RECHECK_MS = 10 * 60_000;

interface Held {
  readonly context: Promise<SecureContext | undefined>;
  readonly recheckAt: number;
}

/** TLS contexts of host names, made when first asked for; the one unused for longest makes room. */
export class HostContexts {
  private readonly held = new Map<string, Held>();

  constructor(
    private readonly certificates: CertificateSource,
    private readonly ticketKeys: Buffer,
  ) {}

  /** Undefined where the source has no certificate; rejects where it can't be asked. */
  contextFor(hostname: string, now: number): Promise<SecureContext | undefined> {
    const known = this.held.get(hostname);
    if (known && known.recheckAt > now) {
      this.held.delete(hostname);
      this.held.set(hostname, known);
      return known.context;
    }
    const made: Held = { context: this.make(hostname), recheckAt: now + RECHECK_MS };
    this.held.delete(hostname);
    this.held.set(hostname, made);
    made.context.then(
      (context) => context ?? this.forget(hostname, made),
      () => this.forget(hostname, made),
    );
    this.evict();
    return made.context;
  }

  private async make(hostname: string): Promise<SecureContext | undefined> {
    const certificate = await this.certificates.certificateFor(hostname);
    if (!certificate) return undefined;
    const { chain, privateKey } = certificate;
    return createSecureContext({
      cert: chain,
      key: privateKey,
      minVersion: 'TLSv1.2',
      ticketKeys: this.ticketKeys,
    });
  }

  private forget(hostname: string, gone: Held): void {
    if (this.held.get(hostname) === gone) this.held.delete(hostname);
  }

  private evict(): void {
    const oldest = this.held.keys().next();
    if (this.held.size > MAX_CONTEXTS && !oldest.done) this.held.delete(oldest.value);
  }
}
