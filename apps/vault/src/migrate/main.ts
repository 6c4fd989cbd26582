import 'reflect-metadata';
import { runMigrations } from '@bulkhead/platform';
import { STORAGE } from '../storage/storage.js';

await runMigrations(STORAGE);
