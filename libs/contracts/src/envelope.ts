import type { OrganizationId } from '@bulkhead/domain';
import { z } from 'zod';
import { organizationId, timestamp } from './ids.js';

export const SERVICES = ['api', 'scheduler', 'vault', 'audit'] as const;
/** The services that own a journal. */
export type Service = (typeof SERVICES)[number];

/** Bounds that `@bulkhead/journal` checks before a commit. */
export const LIMITS = { bodyBytes: 256 * 1024, eventsPerEnvelope: 100, envelopesPerCommand: 16 } as const;

/** Who is responsible for what happened. Names and addresses of people are never here. */
export const actor = z.strictObject({
  kind: z.enum(['user', 'token', 'service', 'host', 'bootstrap']),
  id: z.string().max(128),
});
export type Actor = z.infer<typeof actor>;

/** One aggregate of one kind. `id` is one NATS subject token or several joined by `/`. */
export const aggregateRef = z.strictObject({
  type: z.string().regex(/^[a-z][a-z-]{0,31}$/),
  id: z.string().regex(/^[A-Za-z0-9_/-]{1,160}$/),
});
export type AggregateRef = z.infer<typeof aggregateRef>;

export const eventOfAnyType = z.strictObject({
  type: z.string().regex(/^[A-Z][A-Za-z]{0,63}$/),
  /** Version of the event's contract, from 1. */
  v: z.int().positive(),
  data: z.record(z.string(), z.unknown()),
});
export type EventOfAnyType = z.infer<typeof eventOfAnyType>;

export type OrganizationScope = OrganizationId | 'platform';
export const organizationScope = z.union([z.literal('platform'), organizationId]);

/**
 * What a command did to one aggregate: stored, sent and hashed as the exact bytes committed. `version` counts an aggregate's
 * envelopes from 1.
 */
export const envelopeBody = z.strictObject({
  id: z.string().max(64),
  service: z.enum(SERVICES),
  aggregate: aggregateRef,
  version: z.int().positive(),
  command: z.string().max(128),
  /** Id of the envelope that made a reactor act. */
  cause: z.string().max(64).optional(),
  actor,
  organization: organizationScope,
  trace: z.string().max(64).optional(),
  occurredAt: timestamp,
  events: z.array(eventOfAnyType).min(1).max(LIMITS.eventsPerEnvelope),
});
export type EnvelopeBody = z.infer<typeof envelopeBody>;

/** Where a committed envelope stands in its journal; added by the relay, sent as message headers. */
export const envelopeRecord = z.strictObject({
  epoch: z.string().max(64),
  position: z.int().positive(),
  recordedAt: timestamp,
});
export type EnvelopeRecord = z.infer<typeof envelopeRecord>;

/** Which version of an aggregate a command left behind: what a waiting write waits for. */
export const touched = z.object({ aggregate: aggregateRef, version: z.int().positive() });
export type Touched = z.infer<typeof touched>;
