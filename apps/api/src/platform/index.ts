import { listRegions } from './list-regions.js';
import { securityText } from './security-text.js';

export const platformOperations = [listRegions, securityText] as const;
