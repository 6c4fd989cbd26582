import type { HostId } from '@bulkhead/domain';
import type { AppRow } from '../storage/entities.js';
import type { Sender } from './clearing.js';

/** The app that a user's command is about. @throws Error where the command's access names none: a mistake of ours. */
export function appOf(sender: Sender): AppRow {
  if (sender.kind === 'user' && sender.app) return sender.app;
  throw new Error('this command was not cleared for an app');
}

/** The host that sent a command. @throws Error where the command's access lets others send it: a mistake of ours. */
export function hostOf(sender: Sender): HostId {
  if (sender.kind === 'host') return sender.host;
  throw new Error('this command was not cleared for a host');
}
