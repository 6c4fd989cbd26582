export * from './errors.js';
export * from './ids.js';
export * from './envelope.js';
export * from './subjects.js';
export * from './message.js';
export * from './sealed.js';
export * from './feeds.js';
export * from './reports.js';
