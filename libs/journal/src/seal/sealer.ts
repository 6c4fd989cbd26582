import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { TerminalError, type OrganizationScope } from '@bulkhead/contracts';
import { systemClock, type Clock } from '../ports/clock.js';
import { systemRandom, type Random } from '../ports/random.js';
import type { DataKey, DataKeys } from './data-keys.js';

export const ERASED = Symbol('erased');
export type Erased = typeof ERASED;

/** Seals fields under their organization's data key, and opens them for a reader that needs one. */
export interface Sealer {
  /**
   * AES-256-GCM with the organization as associated data, as `v1.<key id>.<base64url of nonce ‖ ciphertext ‖ tag>`.
   * @throws RetryableError without the key; TerminalError `data_key_destroyed` after its destruction.
   */
  seal(organization: OrganizationScope, value: unknown): Promise<string>;
  /** @throws RetryableError without the key; TerminalError `sealed_value_invalid` where it doesn't open. */
  open(organization: OrganizationScope, sealed: string): Promise<unknown>;
  /** Keyed, so that what little a command's content may vary can't be found by trying. 32 bytes. */
  digest(content: string): Promise<Buffer>;
  /** Drops an organization's key from memory: to be called at the event of its destruction. */
  forget(organization: OrganizationScope): void;
}

/** How long a key may stay in memory, in ms. */
export const KEY_MEMORY_MS = 5 * 60_000;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

interface Remembered {
  readonly key: Promise<DataKey | 'destroyed'>;
  readonly until: number;
}

export class DataKeySealer implements Sealer {
  private readonly memory = new Map<OrganizationScope, Remembered>();
  private digestKey: Promise<Buffer> | undefined;

  constructor(
    private readonly keys: DataKeys,
    private readonly clock: Clock = systemClock,
    private readonly random: Random = systemRandom,
  ) {}

  async seal(organization: OrganizationScope, value: unknown): Promise<string> {
    const found = await this.key(organization);
    if (found === 'destroyed')
      throw new TerminalError('data_key_destroyed', 'the data of this organization was erased', {
        status: 410,
        operator: `nothing can be sealed for ${organization}: its data key is destroyed`,
      });
    const nonce = this.random.bytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', found.key, nonce);
    cipher.setAAD(Buffer.from(organization));
    const box = [nonce, cipher.update(JSON.stringify(value)), cipher.final(), cipher.getAuthTag()];
    return `v1.${found.id}.${Buffer.concat(box).toString('base64url')}`;
  }

  async open(organization: OrganizationScope, sealed: string): Promise<unknown> {
    const found = await this.key(organization);
    if (found === 'destroyed') return ERASED;
    const [version, id, box, ...rest] = sealed.split('.');
    if (version !== 'v1' || id !== found.id || box === undefined || rest.length > 0)
      throw invalid(organization, 'it is of another key or format');
    return decrypt(found.key, organization, Buffer.from(box, 'base64url'));
  }

  async digest(content: string): Promise<Buffer> {
    this.digestKey ??= this.deriveDigestKey().catch((error: unknown) => {
      this.digestKey = undefined;
      throw error;
    });
    return createHmac('sha256', await this.digestKey)
      .update(content)
      .digest();
  }

  forget(organization: OrganizationScope): void {
    this.memory.delete(organization);
  }

  private async deriveDigestKey(): Promise<Buffer> {
    const platform = await this.key('platform');
    if (platform === 'destroyed')
      throw new Error("the platform's own data key is never destroyed, yet it is");
    return Buffer.from(hkdfSync('sha256', platform.key, Buffer.alloc(0), 'bulkhead command digest v1', 32));
  }

  private key(organization: OrganizationScope): Promise<DataKey | 'destroyed'> {
    const now = this.clock.now().getTime();
    const known = this.memory.get(organization);
    if (known && known.until > now) return known.key;
    this.dropExpired(now);
    const entry = { key: this.keys.get(organization), until: now + KEY_MEMORY_MS };
    this.memory.set(organization, entry);
    entry.key.catch(() => {
      if (this.memory.get(organization) === entry) this.memory.delete(organization);
    });
    return entry.key;
  }

  private dropExpired(now: number): void {
    for (const [organization, { until }] of this.memory) if (until <= now) this.memory.delete(organization);
  }
}

function decrypt(key: Uint8Array, organization: OrganizationScope, box: Buffer): unknown {
  if (box.length < NONCE_BYTES + TAG_BYTES) throw invalid(organization, 'it is cut short');
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(organization));
  decipher.setAuthTag(box.subarray(-TAG_BYTES));
  try {
    const text = Buffer.concat([decipher.update(box.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    return JSON.parse(text.toString());
  } catch (cause) {
    throw invalid(organization, 'it does not authenticate', cause);
  }
}

const invalid = (organization: OrganizationScope, why: string, cause?: unknown) =>
  new TerminalError('sealed_value_invalid', 'a sealed value could not be opened', {
    status: 500,
    operator: `a value sealed for ${organization} does not open: ${why}`,
    cause,
  });
