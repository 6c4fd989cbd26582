import type { StoragePlan } from '@bulkhead/platform';
import { MIGRATIONS } from './log-schema.js';

export const STORAGE: StoragePlan = {
  service: 'audit',
  migrations: [...MIGRATIONS],
  access: { log_entry: 'append', log_node: 'append', log_head: 'append', witness: 'amend' },
};
