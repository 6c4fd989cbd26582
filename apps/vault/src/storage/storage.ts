import type { StoragePlan } from '@bulkhead/platform';
import { SCHEMA } from '../vault.js';
import { MIGRATIONS } from './migrations.js';

export const STORAGE: StoragePlan = {
  service: SCHEMA,
  migrations: [...MIGRATIONS],
  access: {
    key: 'amend',
    data_key: 'discard',
    root_key: 'discard',
    identity: 'amend',
    certificate: 'discard',
    registry_credential: 'change',
  },
};
