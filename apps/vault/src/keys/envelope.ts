import { randomBytes } from 'node:crypto';
import { TerminalError } from '@bulkhead/contracts';
import { decrypt, encrypt, type MasterKey } from './master-key.js';

const VERSION = 1;
const ID_LENGTH = 8;
/** A 32-byte key wrapped by the master key: nonce, key, tag. A master elsewhere may make it longer, so it is counted. */
const COUNT_LENGTH = 2;

/**
 * Envelope encryption of one row's secret: a key of its own encrypts it, the master key wraps that key, and both are bound to
 * the row. version (1) ‖ master key id (8) ‖ length (2) ‖ wrapped key ‖ nonce, ciphertext and tag.
 * @param row table and primary key, so that a row put in another's place does not open.
 */
export async function sealRow(master: MasterKey, row: string, secret: Uint8Array): Promise<Buffer> {
  const key = randomBytes(32);
  const wrapped = await master.wrap(key, row);
  const header = Buffer.alloc(1 + ID_LENGTH + COUNT_LENGTH);
  header.writeUInt8(VERSION);
  header.set(master.id, 1);
  header.writeUInt16BE(wrapped.length, 1 + ID_LENGTH);
  return Buffer.concat([header, wrapped, encrypt(key, secret, row)]);
}

/** @throws TerminalError `master_key_wrong` or `vault_row_damaged`. */
export async function openRow(master: MasterKey, row: string, sealed: Buffer): Promise<Buffer> {
  const header = 1 + ID_LENGTH + COUNT_LENGTH;
  if (sealed.length < header || sealed.readUInt8(0) !== VERSION) throw damaged(row);
  const sealedBy = sealed.subarray(1, 1 + ID_LENGTH);
  if (!sealedBy.equals(master.id)) throw wrongMaster(row, sealedBy, master.id);
  const end = header + sealed.readUInt16BE(1 + ID_LENGTH);
  try {
    const key = await master.unwrap(sealed.subarray(header, end), row);
    return decrypt(key, sealed.subarray(end), row);
  } catch (cause) {
    throw damaged(row, cause);
  }
}

const wrongMaster = (row: string, wanted: Buffer, given: Buffer) =>
  new TerminalError(
    'master_key_wrong',
    `This is not the master key of this vault: ${row} is under key ${wanted.toString('hex')}, the one given is ${given.toString('hex')}. Restore the right one from its backup.`,
    { status: 500 },
  );

const damaged = (row: string, cause?: unknown) =>
  new TerminalError(
    'vault_row_damaged',
    `${row} does not open: it was changed, or it is another row put in its place. Restore it from a backup and find out who wrote it.`,
    { status: 500, cause },
  );
