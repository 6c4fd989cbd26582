import type { EventContracts } from './event-contract.js';
import { appContracts, appNameContracts } from './events/app.js';
import { hostContracts } from './events/host.js';
import { interventionContracts } from './events/intervention.js';
import { machineContracts, machineNameContracts } from './events/machine.js';
import { organizationContracts, organizationSlugContracts } from './events/organization.js';
import { membershipContracts, platformRoleContracts, userContracts } from './events/people.js';
import { quotaContracts } from './events/quota.js';
import { tokenContracts } from './events/token.js';

/** Every event of the api's journal. */
export const apiContracts: EventContracts = {
  ...organizationContracts,
  ...organizationSlugContracts,
  ...appContracts,
  ...appNameContracts,
  ...tokenContracts,
  ...userContracts,
  ...membershipContracts,
  ...platformRoleContracts,
  ...quotaContracts,
  ...interventionContracts,
};

/** Every event of the scheduler's journal. */
export const schedulerContracts: EventContracts = {
  ...machineContracts,
  ...machineNameContracts,
  ...hostContracts,
  ...quotaContracts,
};
