import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { TerminalError } from '@bulkhead/contracts';
import { hasErrno } from '@bulkhead/pki';

/** The key that wraps every other key at rest: a file now; a KMS or an HSM can stand behind the same interface. */
export interface MasterKey {
  /** Tells master keys apart and says nothing about them; kept beside what they wrapped. 8 bytes. */
  readonly id: Buffer;
  wrap(key: Uint8Array, context: string): Promise<Buffer>;
  /** @throws Error where it does not open. */
  unwrap(wrapped: Uint8Array, context: string): Promise<Buffer>;
}

const KEY_LENGTH = 32;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
const HEX = /^[0-9a-f]{64}\n?$/;

/** Makes a master key's file (0600) unless one is there; says whether it made it. */
export async function createMasterKeyFile(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(`${randomBytes(KEY_LENGTH).toString('hex')}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

/** @throws TerminalError `master_key_missing`, `master_key_exposed` or `master_key_invalid`, each saying what to do. */
export async function readMasterKeyFile(path: string): Promise<MasterKey> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new TerminalError(
      'master_key_missing',
      `There is no master key at ${path}. Restore it from its backup; without it nothing in the vault can be opened. On a new installation run \`bulkhead init\`.`,
      { cause },
    );
  });
  if ((found.mode & 0o077) !== 0)
    throw new TerminalError(
      'master_key_exposed',
      `Others than its owner can get at ${path}. Run: chmod 600 ${path}`,
    );
  const text = await readFile(path, 'latin1');
  if (!HEX.test(text))
    throw new TerminalError(
      'master_key_invalid',
      `${path} is no master key: it must be 64 hex digits. Restore it from its backup.`,
    );
  return new LocalMasterKey(Buffer.from(text.trim(), 'hex'));
}

/** A master key in this process's memory. */
export class LocalMasterKey implements MasterKey {
  readonly id: Buffer;

  constructor(private readonly key: Buffer) {
    this.id = createHmac('sha256', key).update('bulkhead master key id').digest().subarray(0, 8);
  }

  wrap(key: Uint8Array, context: string): Promise<Buffer> {
    return Promise.resolve(encrypt(this.key, key, context));
  }

  async unwrap(wrapped: Uint8Array, context: string): Promise<Buffer> {
    return decrypt(this.key, wrapped, context);
  }
}

/** AES-256-GCM: nonce (12) ‖ ciphertext ‖ tag (16), the context as associated data. */
export function encrypt(key: Uint8Array, plaintext: Uint8Array, context: string): Buffer {
  const nonce = randomBytes(NONCE_LENGTH);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(context));
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** @throws Error where it does not authenticate. */
export function decrypt(key: Uint8Array, box: Uint8Array, context: string): Buffer {
  if (box.length < NONCE_LENGTH + TAG_LENGTH) throw new Error('too short to be encrypted');
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, NONCE_LENGTH), {
    authTagLength: TAG_LENGTH,
  });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(box.subarray(-TAG_LENGTH));
  return Buffer.concat([decipher.update(box.subarray(NONCE_LENGTH, -TAG_LENGTH)), decipher.final()]);
}
