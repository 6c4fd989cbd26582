import type { StoragePlan } from '@bulkhead/platform';
import { ENTITIES } from './entities.js';
import { MIGRATIONS } from './migrations/0001-read-models.js';

export const STORAGE: StoragePlan = {
  service: 'api',
  migrations: [...MIGRATIONS],
  access: {
    person: 'change',
    organization: 'change',
    app: 'change',
    token: 'change',
    api_event: 'change',
    machine: 'change',
    host: 'change',
    scheduler_event: 'change',
    organization_number: 'draw',
    app_number: 'draw',
    network_number: 'draw',
  },
  entities: [...ENTITIES],
  connections: 20,
};
