import { availableParallelism } from 'node:os';

/** A core for the proxy that is measured, another, where there is one, for all that asks and answers it. */
export const PROXY_CORE = 0;
export const LOAD_CORE = availableParallelism() > 1 ? 1 : 0;
