import 'reflect-metadata';
import { runMigrations } from '@bulkhead/platform';
import { STORAGE } from '../log/storage.js';

await runMigrations(STORAGE);
