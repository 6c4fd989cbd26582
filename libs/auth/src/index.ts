export * from './access.js';
export * from './token.js';
export * from './authorization-header.js';
export * from './authenticate.js';
