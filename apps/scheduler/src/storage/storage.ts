import type { StoragePlan } from '@bulkhead/platform';
import { ENTITIES } from './entities.js';
import { MIGRATIONS } from './migrations.js';

export const STORAGE: StoragePlan = {
  service: 'scheduler',
  migrations: [...MIGRATIONS],
  access: {
    host: 'change',
    heartbeat: 'change',
    placement: 'change',
    lease: 'change',
    report_cursor: 'change',
    hold_release: 'discard',
    app: 'change',
    token: 'change',
    identity: 'change',
    machine: 'change',
    worker: 'change',
  },
  entities: ENTITIES,
  connections: 20,
};
