export * from './tree.js';
export * from './checkpoint.js';
export * from './entry.js';
export * from './export.js';
export * from './event-proof.js';
export * from './sighting.js';
