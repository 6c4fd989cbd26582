import { createApp } from './create-app.js';
import { deleteApp } from './delete-app.js';
import { getApp } from './get-app.js';
import { listApps } from './list-apps.js';

export const appOperations = [createApp, listApps, getApp, deleteApp] as const;
