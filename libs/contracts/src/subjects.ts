import type { AggregateRef, Service } from './envelope.js';

/**
 * Names on the bus. NATS tells a receiver no sender, so the sender's publish permission fixes the last token of a command,
 * and a receiver reads name and caller from the subject itself.
 */
export type CommandTarget = Service;

const TOKEN = /^[A-Za-z0-9_-]+$/;
const token = (value: string): string => {
  if (!TOKEN.test(value)) throw new Error(`not a subject token: ${JSON.stringify(value)}`);
  return value;
};

export const streamName = (service: Service) => `EV_${service}`;
/** An aggregate's id may have several parts; each becomes a token. */
export const eventSubject = (service: Service, aggregate: AggregateRef) =>
  `bh.event.${service}.${token(aggregate.type)}.${aggregate.id.split('/').map(token).join('.')}`;
export const eventSubjects = (service: Service) => `bh.event.${service}.>`;

export const commandSubject = (target: CommandTarget, name: string, caller: string) =>
  `bh.cmd.${target}.${token(name)}.${token(caller)}`;
export const commandSubjects = (target: CommandTarget) => `bh.cmd.${target}.*.*`;

/** Splits a command's subject, or null where it is none. */
export function parseCommandSubject(
  subject: string,
): { target: string; name: string; caller: string } | null {
  const [bh, cmd, target, name, caller, ...rest] = subject.split('.');
  if (bh !== 'bh' || cmd !== 'cmd' || !target || !name || !caller || rest.length > 0) return null;
  return { target, name, caller };
}

/** Commands to one host, sent by the scheduler alone. */
export const hostSubject = (host: string, name: string) => `bh.host.${token(host)}.${token(name)}`;
export const hostSubjects = (host: string) => `bh.host.${token(host)}.*`;

/** Changes of a feed as they happen, and its head every second. The name's parts become tokens. */
export const feedSubject = (name: string) => `bh.feed.${name.split('/').map(token).join('.')}`;
/** A host's id is a token of its own, since a permission's template only stands for a whole token (nats-server 2.10). */
export const hostFeed = (host: string) => `host/${token(host)}`;
export const INSTANCE_FEED = 'instances';
/** Which edges workers let in. */
export const EDGE_FEED = 'edges';

/** What a projection has just committed: a waiting write listens. */
export const announceSubject = (projection: string) => `bh.seen.${token(projection)}`;
/** Wakes a relay after a commit. */
export const wakeSubject = (service: Service) => `bh.wake.${service}`;

export const logSubject = (host: string, organization: string, app: string) =>
  `bh.log.${token(host)}.${token(organization)}.${token(app)}`;
export const LOG_STREAM = 'LOGS';

export const inboxPrefix = (caller: string) => `_IN.${token(caller)}`;
