import { z } from 'zod';

/** What one vCPU of each kind may have, as the Machines API's presets allow it. */
const KINDS = {
  shared: { cpus: [1, 2, 4, 6, 8], minMb: 256, maxMb: 2048, stepMb: 256 },
  performance: { cpus: [1, 2, 4, 8, 16], minMb: 2048, maxMb: 8192, stepMb: 1024 },
} as const;
type CpuKind = keyof typeof KINDS;

export const GUEST_SIZES: readonly string[] = (['shared', 'performance'] as const).flatMap((kind) =>
  KINDS[kind].cpus.map((cpus) => `${kind}-cpu-${cpus}x`.replace('performance-cpu', 'performance')),
);

const preset = (size: string): { cpu_kind: CpuKind; cpus: number } => {
  const [, kind, cpus] = /^(shared|performance)(?:-cpu)?-(\d+)x$/.exec(size) ?? [];
  return { cpu_kind: kind === 'performance' ? 'performance' : 'shared', cpus: Number(cpus ?? 1) };
};

export const guestSize = z.enum(GUEST_SIZES as [string, ...string[]]);

/** A guest as clients give it: any part may be missing. */
export const guestRequest = z.strictObject({
  cpu_kind: z.enum(['shared', 'performance']).exactOptional(),
  cpus: z.int().min(1).max(16).exactOptional(),
  memory_mb: z.int().min(1).max(131_072).exactOptional(),
  kernel_args: z
    .array(
      z
        .string()
        .max(256)
        .regex(/^[\x21-\x7e]+$/, 'printable, without spaces'),
    )
    .max(16)
    .exactOptional(),
  persist_rootfs: z.enum(['never', 'always', 'restart']).exactOptional(),
});
type GuestRequest = z.infer<typeof guestRequest>;

export interface ResolvedGuest extends GuestRequest {
  cpu_kind: CpuKind;
  cpus: number;
  memory_mb: number;
}

/** Fills a guest in from the preset (`shared-cpu-1x` by default); what the client gave wins. */
export function resolveGuest(guest: GuestRequest = {}, size = 'shared-cpu-1x'): ResolvedGuest {
  const { cpu_kind, cpus } = { ...preset(size), ...guest };
  return { ...guest, cpu_kind, cpus, memory_mb: guest.memory_mb ?? cpus * KINDS[cpu_kind].minMb };
}

/** Says why no machine can be like this, or null. */
export function impossibleGuest({ cpu_kind, cpus, memory_mb }: ResolvedGuest): string | null {
  const kind = KINDS[cpu_kind];
  if (!(kind.cpus as readonly number[]).includes(cpus))
    return `${cpu_kind} guests have ${kind.cpus.join(', ')} cpus, not ${cpus}`;
  const [least, most] = [cpus * kind.minMb, cpus * kind.maxMb];
  if (memory_mb < least || memory_mb > most || memory_mb % kind.stepMb !== 0)
    return `${cpus} ${cpu_kind} cpus have ${least} to ${most} MB of memory in steps of ${kind.stepMb}, not ${memory_mb}`;
  return null;
}
