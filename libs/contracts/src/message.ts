import { z } from 'zod';
import { actor, touched } from './envelope.js';

/** A command on the bus; its name and caller are the subject's. */
export const commandMessage = z.object({
  /** The command's id: the same id gets the same answer, with other content it is an error. */
  id: z.string().min(1).max(128),
  /** The user's own credential, cleared by the receiver and never stored. */
  credential: z.string().max(8192).optional(),
  /** For whom a service acts where nobody's credential is at hand (steps that follow from an event). */
  actor: actor.optional(),
  /** Id of the envelope this follows from. */
  cause: z.string().max(64).optional(),
  input: z.record(z.string(), z.unknown()),
});
export type CommandMessage = z.infer<typeof commandMessage>;

export const commandFailure = z.object({
  code: z.string(),
  message: z.string(),
  status: z.int(),
  retryable: z.boolean(),
  delayMs: z.int().nonnegative().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type CommandFailure = z.infer<typeof commandFailure>;

export const commandReply = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), result: z.unknown(), touched: z.array(touched) }),
  z.object({ ok: z.literal(false), error: commandFailure }),
]);
export type CommandReply = z.infer<typeof commandReply>;
