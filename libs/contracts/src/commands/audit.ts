import { z } from 'zod';
import { organizationScope, SERVICES } from '../envelope.js';
import { timestamp } from '../ids.js';

/** Inputs and results of the commands that the audit log takes: `bh.cmd.audit.<name>.<caller>`. */

const hash = z.string().max(64);
const size = z.int().nonnegative();

/** `head`: the newest signed head, as a note, and the log's Ed25519 key (base64). */
export const headRequest = z.strictObject({});
export const headResult = z.object({
  note: z.string().nullable(),
  publicKey: z.string(),
  origin: z.string(),
});
export type HeadResult = z.infer<typeof headResult>;

/** `consistency`: proof that the log of size `to` begins with that of size `from`. */
export const consistencyRequest = z.strictObject({ from: size, to: size });
export const consistencyResult = z.object({ proof: z.array(hash) });
export type ConsistencyResult = z.infer<typeof consistencyResult>;

/** `prove`: that one event is in the log, under the newest head. Only events of `organization` are found. */
export const proveRequest = z.strictObject({
  /** An envelope by its id, or by where its journal has it; the newest epoch's, should a restored journal have two there. */
  event: z.union([
    z.strictObject({ envelope: z.string().max(64) }),
    z.strictObject({ journal: z.enum(SERVICES), position: z.int().positive() }),
  ]),
  organization: z.union([z.literal('all'), organizationScope]),
});
export type ProveRequest = z.infer<typeof proveRequest>;
export const proveResult = z.object({ proof: z.record(z.string(), z.unknown()) });

/** `export`: the lines of an export from an entry on; the header comes first where that is 0. */
export const exportRequest = z.strictObject({ from: size });
export const exportResult = z.object({ lines: z.array(z.string()), next: size, size });
export type ExportResult = z.infer<typeof exportResult>;

/** `witnesses`: how far those have followed the log whom its heads are brought to. */
export const witnessesRequest = z.strictObject({});
export const witnessesResult = z.object({
  /** Entries that the newest signed head covers. */
  size,
  witnesses: z.array(
    z.object({
      url: z.string(),
      size,
      acceptedAt: timestamp.nullable(),
      problem: z.string().nullable(),
      contradicts: z.boolean(),
    }),
  ),
});
export type WitnessesResult = z.infer<typeof witnessesResult>;
