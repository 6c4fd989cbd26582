import { openStorage, type Logger, type Storage } from '@bulkhead/platform';
import { SCHEMA } from '../vault.js';
import { MIGRATIONS } from './migrations.js';

/** The vault's schema, brought up to date, and connections to it. */
export const openVaultStorage = (url: string, logger: Logger): Promise<Storage> =>
  openStorage({ service: SCHEMA, url, migrations: [...MIGRATIONS] }, logger);
