import { join } from 'node:path';
import { HOST_KINDS, SERVICE_KINDS } from '@bulkhead/pki';
import { z } from 'zod';
import { DEFAULT_LIFETIMES, type Lifetimes } from './authority/lifetimes.js';

const port = z.coerce.number().int().min(0).max(65535);
const seconds = z.coerce.number().int().positive();
/** Comma-separated. */
const list = z
  .string()
  .transform((text) => text.split(',').map((item) => item.trim()))
  .transform((items) => items.filter((item) => item !== ''));

/** Where keys are: what `vault` and `init` both need. */
export const storageSettings = z.object({
  /** As the vault's own role. */
  BULKHEAD_PG: z.string().min(1),
  /** Default: `master.key` in the service's directory. */
  BULKHEAD_MASTER_KEY_FILE: z.string().min(1).optional(),
});

export const vaultSettings = storageSettings.extend({
  BULKHEAD_VAULT_ADDRESS: z.string().default('127.0.0.1'),
  BULKHEAD_VAULT_PORT: port.default(4281),
  BULKHEAD_NATS_URL: z.string().min(1),
  /** Life of a service's credential; renewed at half of it. */
  BULKHEAD_SERVICE_CREDENTIAL_SECONDS: seconds.default(DEFAULT_LIFETIMES.serviceMs / 1000),
  /** Life of a worker's, edge's or gateway's credential. */
  BULKHEAD_HOST_CREDENTIAL_SECONDS: seconds.default(DEFAULT_LIFETIMES.hostMs / 1000),
});
export type VaultSettings = z.infer<typeof vaultSettings>;

export const initSettings = storageSettings.extend({
  BULKHEAD_SERVICE_DIR: z.string().min(1),
  BULKHEAD_INIT_DIR: z.string().min(1),
  /** Default: `nats` in BULKHEAD_INIT_DIR. */
  BULKHEAD_NATS_DIR: z.string().min(1).optional(),
  /** Default: `jetstream` in BULKHEAD_NATS_DIR. */
  BULKHEAD_NATS_STORE: z.string().min(1).optional(),
  BULKHEAD_NATS_ADDRESS: z.string().default('127.0.0.1'),
  BULKHEAD_NATS_PORT: port.default(4222),
  BULKHEAD_NATS_HOSTNAMES: list.prefault('localhost'),
  /** Only where Postgres listens on TCP. */
  BULKHEAD_POSTGRES_HOSTNAMES: list.prefault(''),
  BULKHEAD_POSTGRES_ADDRESSES: list.prefault(''),
  /** Kinds that get a first join token. */
  BULKHEAD_INIT_JOIN: list
    .pipe(z.array(z.enum([...SERVICE_KINDS, ...HOST_KINDS])))
    .prefault('api,scheduler,audit,worker,edge'),
});
export type InitSettings = z.infer<typeof initSettings>;

export const masterKeyFileOf = (settings: {
  readonly BULKHEAD_MASTER_KEY_FILE?: string | undefined;
  readonly BULKHEAD_SERVICE_DIR: string;
}): string => settings.BULKHEAD_MASTER_KEY_FILE ?? join(settings.BULKHEAD_SERVICE_DIR, 'master.key');

export const lifetimesOf = (settings: VaultSettings): Lifetimes => ({
  serviceMs: settings.BULKHEAD_SERVICE_CREDENTIAL_SECONDS * 1000,
  hostMs: settings.BULKHEAD_HOST_CREDENTIAL_SECONDS * 1000,
});
