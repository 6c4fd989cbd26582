export * from './upkept.js';
export * from './upkeep-handlers.js';
export * from './self.js';
