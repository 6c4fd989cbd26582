import { z } from 'zod';
import { organizationScope } from '../envelope.js';

/** Inputs and results of the commands that the audit log takes: `bh.cmd.audit.<name>.<caller>`. */

const hash = z.string().max(64);
const size = z.int().nonnegative();

/** `head`: the newest signed head, as a note, and the log's Ed25519 key (base64). */
export const headRequest = z.strictObject({});
export const headResult = z.strictObject({
  note: z.string().nullable(),
  publicKey: z.string(),
  origin: z.string(),
});
export type HeadResult = z.infer<typeof headResult>;

/** `consistency`: proof that the log of size `to` begins with that of size `from`. */
export const consistencyRequest = z.strictObject({ from: size, to: size });
export const consistencyResult = z.strictObject({ proof: z.array(hash) });

/** `prove`: that one event is in the log, under the newest head. Only events of `organization` are found. */
export const proveRequest = z.strictObject({
  envelope: z.string().max(64),
  organization: z.union([z.literal('all'), organizationScope]),
});
export const proveResult = z.strictObject({ proof: z.record(z.string(), z.unknown()) });

/** `export`: the lines of an export from an entry on; the header comes first where that is 0. */
export const exportRequest = z.strictObject({ from: size });
export const exportResult = z.strictObject({ lines: z.array(z.string()), next: size, size });
export type ExportResult = z.infer<typeof exportResult>;
