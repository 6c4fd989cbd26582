import { cordonHost } from './cordon-host.js';
import { listHostAbilities } from './list-host-abilities.js';
import { listHosts } from './list-hosts.js';
import { releaseHold } from './release-hold.js';
import { removeHost } from './remove-host.js';
import { uncordonHost } from './uncordon-host.js';

export const hostOperations = [
  listHosts,
  listHostAbilities,
  cordonHost,
  uncordonHost,
  removeHost,
  releaseHold,
] as const;
