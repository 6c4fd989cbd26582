export * from './account.js';
export { eventually, type ServerProcess } from './child.js';
export * from './clock.js';
export * from './data-keys.js';
export * from './given.js';
export * from './nats.js';
export * from './postgres.js';
export * from './random.js';
export { temporaryDirectory } from './temporary.js';
