import 'reflect-metadata';
import { runMigrations } from '@bulkhead/platform';
import { STORAGE } from '../read-model/storage.js';

await runMigrations(STORAGE);
