import { TerminalError, type Service } from '@bulkhead/contracts';
import { serviceName } from './ask-service.js';

/** A replay is known to the service that runs it: its id for clients names both. */
export const replayIdOf = (service: Service, replay: string): string => `${service}.${replay}`;

/** @throws TerminalError `not_found` */
export function parseReplayId(text: string): { readonly service: Service; readonly replay: string } {
  const at = text.indexOf('.');
  const service = serviceName.safeParse(text.slice(0, Math.max(0, at)));
  if (!service.success) throw new TerminalError('not_found', 'replay not found', { status: 404 });
  return { service: service.data, replay: text.slice(at + 1) };
}
