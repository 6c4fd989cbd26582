import { isIPv6 } from 'node:net';
import { z } from 'zod';

/**
 * What the worker may ask of hostd: a fixed list, every field typed and bounded. hostd takes no path, no argument and
 * no name but these, since whoever has taken over the worker can send anything.
 */

/** One JSON object per line, both ways. */
export const MAX_REQUEST = 16 * 1024;

const machine = z.string().regex(/^[0-9a-f]{14}$/);

/** The address of a machine's end of its link (libs/network/src/sixpn): it ends in 2, the host's end in 1. */
const machineAddress = z
  .string()
  .regex(/^fdaa:[0-9a-f:]{1,34}:2$/)
  .refine((address) => isIPv6(address), 'not an IPv6 address');

/** An image below the configured directory: plain names, no dots in front, at most three deep. */
const imageName = z.string().regex(/^[A-Za-z0-9][\w.-]{0,127}(\/[A-Za-z0-9][\w.-]{0,127}){0,2}$/);

const start = z.strictObject({
  type: z.literal('start'),
  machine,
  accel: z.enum(['kvm', 'tcg']),
  cpus: z.int().min(1).max(64),
  memoryMb: z.int().min(32).max(1_048_576),
  image: imageName.nullable(),
  address: machineAddress.nullable(),
  resume: z.boolean(),
});

export const hostRequest = z.discriminatedUnion('type', [
  /** Makes a machine's user, cgroup, network namespace and jail, and starts its VMM, stopped. */
  start,
  /** Moves the tap of an initialized VMM into the host's network, behind its filter, and closes its directory. */
  z.strictObject({ type: z.literal('admit'), machine }),
  /** What the VMM wrote to its error output while it started. */
  z.strictObject({ type: z.literal('complaint'), machine }),
  /** Kills the VMM and removes everything made for it. Repeatable. */
  z.strictObject({ type: z.literal('remove'), machine }),
  z.strictObject({ type: z.literal('list') }),
]);
export type HostRequest = z.infer<typeof hostRequest>;
export type StartRequest = z.infer<typeof start>;

/** The code of a failure that is hostd's own; every other one would be the same again. */
export const FAILED = 'failed';

export const hostAnswer = z.union([
  z.object({ ok: z.unknown() }),
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
]);

export const startedAnswer = z.object({ directory: z.string() });
export const complaintAnswer = z.object({ text: z.string() });
export const listAnswer = z.object({ machines: z.array(machine) });
