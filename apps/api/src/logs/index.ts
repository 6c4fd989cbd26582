import { readLogs } from './read-logs.js';

export const logOperations = [readLogs] as const;
