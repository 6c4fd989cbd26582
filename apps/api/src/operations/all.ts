import { appOperations } from '../apps/index.js';
import { auditOperations } from '../audit/index.js';
import { eventOperations } from '../events/index.js';
import { hostOperations } from '../hosts/index.js';
import { identityOperations } from '../identities/index.js';
import { logOperations } from '../logs/index.js';
import { machineOperations } from '../machines/index.js';
import { memberOperations } from '../members/index.js';
import { organizationOperations } from '../organizations/index.js';
import { platformOperations } from '../platform/index.js';
import { registryOperations } from '../registries/index.js';
import { tokenOperations } from '../tokens/index.js';
import { upkeepOperations } from '../upkeep/index.js';
import { userOperations } from '../users/index.js';
import type { Operation } from './operation.js';

/** Everything that the API does. What is not here has no route. */
export const OPERATIONS: readonly Operation[] = [
  ...appOperations,
  ...machineOperations,
  ...organizationOperations,
  ...userOperations,
  ...memberOperations,
  ...tokenOperations,
  ...registryOperations,
  ...hostOperations,
  ...identityOperations,
  ...eventOperations,
  ...logOperations,
  ...auditOperations,
  ...upkeepOperations,
  ...platformOperations,
];
