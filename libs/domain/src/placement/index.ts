export * from './constraints.js';
export * from './demand.js';
export * from './generation.js';
export * from './lost-hosts.js';
export * from './place.js';
