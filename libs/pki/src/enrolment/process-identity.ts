import { X509Certificate } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { TerminalError } from '@bulkhead/contracts';
import { createUser } from '@nats-io/nkeys';
import type { Authenticator } from 'nats';
import { BusKey } from '../bus/bus-key.js';
import { createCertificateRequest, generatePrivateKey } from '../ca/certificate-request.js';
import { renewalDueAt } from '../ca/peer-certificate.js';
import { callerOf, isHost, type Identity, type IdentityKind } from '../identity/identity.js';
import { generateSealKeyPair, type SealKeyPair } from '../seal/sealed-box.js';
import type { IdentityFile, OwnKeys } from './identity-file.js';
import type { JoinTokenFile } from './join-token-file.js';
import type { Credential } from './protocol.js';
import type { ClientCertificate, CredentialSource } from './vault-client.js';

export interface ProcessIdentityOptions {
  readonly kind: IdentityKind;
  readonly source: CredentialSource;
  /** Where it survives a restart, and the token it first enrols with. Without, everything is in memory and the source asks for none. */
  readonly kept?: { readonly file: IdentityFile; readonly joinToken: JoinTokenFile };
  readonly now?: () => Date;
}

/** Told about what happens to an identity in the background. */
export interface IdentityEvents {
  renewed: [expiresAt: Date];
  /** A renewal failed and is tried again, with what is left meanwhile staying in use. */
  'renewal-failed': [error: unknown];
}

/** Between two looks at the clock, so that a host that slept notices soon after waking. */
const LONGEST_SLEEP_MS = 30_000;
const SHORTEST_SLEEP_MS = 200;

/**
 * Who this process is, towards services (mutual TLS) and the bus. Enrols at its first start, lives from its own disk while
 * the vault is away, and renews at half of its life without a restart: every getter reads the newest credential.
 */
export class ProcessIdentity {
  readonly events = new EventEmitter<IdentityEvents>();
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;

  private constructor(
    private readonly options: ProcessIdentityOptions,
    private keys: OwnKeys,
    private current: Credential,
  ) {}

  /**
   * Loads what is kept or enrols, and starts to renew.
   * @throws TerminalError where neither a kept identity nor a usable join token is there; RetryableError while the vault is away.
   */
  static async open(options: ProcessIdentityOptions): Promise<ProcessIdentity> {
    const kept = await options.kept?.file.load();
    const keys = kept?.keys ?? newKeys(options.kind);
    const current = kept?.credential ?? (await enroll(options, keys));
    if (current.kind !== options.kind)
      throw new TerminalError(
        'wrong_identity_kind',
        `this process is a ${options.kind}, but its identity is of a ${current.kind}`,
      );
    const identity = new ProcessIdentity(options, keys, current);
    identity.schedule();
    return identity;
  }

  get identity(): Identity<IdentityKind> {
    return { kind: this.current.kind, name: this.current.name };
  }

  /** The last token of this process's command subjects. */
  get caller(): string {
    return callerOf(this.identity);
  }

  get expiresAt(): Date {
    return new X509Certificate(this.current.certificate).validToDate;
  }

  /** For `tls.connect`, `https` and the bus: each connection reads the newest key and certificate. */
  readonly tls: ClientCertificate = Object.defineProperties({} as ClientCertificate, {
    key: { enumerable: true, get: () => this.keys.privateKey },
    cert: { enumerable: true, get: () => this.current.certificate },
    ca: { enumerable: true, get: () => this.current.ca },
  });

  /** Signs in to the bus with the newest credential at each connect. */
  readonly authenticator: Authenticator = (nonce = '') => {
    const key = BusKey.fromSeed(this.keys.busSeed);
    const sig = Buffer.from(key.sign(Buffer.from(nonce))).toString('base64url');
    return { jwt: this.current.busJwt, nkey: key.getPublicKey(), sig };
  };

  /** A host's key pair for what is sealed to it; undefined for services. */
  get sealKeyPair(): SealKeyPair | undefined {
    const { seal } = this.keys;
    return (
      seal && {
        publicKey: Buffer.from(seal.publicKey, 'base64'),
        privateKey: Buffer.from(seal.privateKey, 'base64'),
      }
    );
  }

  /** Calls back after each renewal, for servers that must swap their TLS context; returns how to stop that. */
  onRenew(listener: (expiresAt: Date) => void): () => void {
    this.events.on('renewed', listener);
    return () => this.events.off('renewed', listener);
  }

  /** Stops renewing. The credential stays usable until it expires. */
  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Renews at once, under a new private key. */
  async renew(): Promise<void> {
    const keys = { ...newKeys(this.options.kind), seal: this.keys.seal };
    const request = {
      certificateRequest: await createCertificateRequest(keys.privateKey),
      busKey: publicBusKey(keys),
    };
    const current = await this.options.source.renew(request, { ...this.tls });
    await this.options.kept?.file.save({ keys, credential: current });
    this.keys = keys;
    this.current = current;
    this.events.emit('renewed', this.expiresAt);
  }

  private schedule(): void {
    const due = renewalDueAt(this.current.certificate).getTime() - this.now().getTime();
    const retry = Math.min(LONGEST_SLEEP_MS, SHORTEST_SLEEP_MS * 2 ** Math.min(this.failures, 10));
    const wait = this.failures > 0 ? retry : Math.min(LONGEST_SLEEP_MS, Math.max(due, 0));
    this.timer = setTimeout(() => void this.tick(), wait).unref();
  }

  private async tick(): Promise<void> {
    try {
      if (renewalDueAt(this.current.certificate) <= this.now()) await this.renew();
      this.failures = 0;
    } catch (error) {
      this.failures += 1;
      this.events.emit('renewal-failed', error);
    }
    if (this.timer) this.schedule();
  }

  private now(): Date {
    return this.options.now?.() ?? new Date();
  }
}

async function enroll({ kind, kept, source }: ProcessIdentityOptions, keys: OwnKeys): Promise<Credential> {
  const token = kept ? await kept.joinToken.read(kind) : '';
  // Kept first: the vault answers a used token again only to the key that used it.
  await kept?.file.save({ keys });
  const credential = await source.enroll({
    token,
    certificateRequest: await createCertificateRequest(keys.privateKey),
    busKey: publicBusKey(keys),
    ...(keys.seal ? { sealKey: keys.seal.publicKey } : {}),
  });
  await kept?.file.save({ keys, credential });
  await kept?.joinToken.discard();
  return credential;
}

function newKeys(kind: IdentityKind): OwnKeys {
  const seal = isHost(kind) ? generateSealKeyPair() : undefined;
  return {
    privateKey: generatePrivateKey(),
    busSeed: new TextDecoder().decode(createUser().getSeed()),
    ...(seal
      ? {
          seal: {
            publicKey: Buffer.from(seal.publicKey).toString('base64'),
            privateKey: Buffer.from(seal.privateKey).toString('base64'),
          },
        }
      : {}),
  };
}

const publicBusKey = ({ busSeed }: OwnKeys): string => BusKey.fromSeed(busSeed).getPublicKey();
