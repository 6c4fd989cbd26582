import type { StoragePlan } from '@bulkhead/platform';
import { ENTITIES } from './entities.js';
import { ReadModels1763769600000 } from './migrations/0001-read-models.js';
import { UserNumbers1764100000000 } from './migrations/0002-user-numbers.js';

export const STORAGE: StoragePlan = {
  service: 'api',
  migrations: [ReadModels1763769600000, UserNumbers1764100000000],
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
    user_number: 'draw',
  },
  entities: [...ENTITIES],
  connections: 20,
};
