import { listRegistries } from './list-registries.js';
import { removeRegistry } from './remove-registry.js';
import { setRegistry } from './set-registry.js';

export const registryOperations = [setRegistry, listRegistries, removeRegistry] as const;
