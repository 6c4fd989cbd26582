import { cordonHost } from './cordon-host.js';
import { listHosts } from './list-hosts.js';
import { removeHost } from './remove-host.js';
import { uncordonHost } from './uncordon-host.js';

export const hostOperations = [listHosts, cordonHost, uncordonHost, removeHost] as const;
