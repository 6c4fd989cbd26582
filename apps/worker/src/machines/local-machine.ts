import type { HostMachineRow } from '@bulkhead/contracts';
import type { CheckStatus, Generation, InstanceId, MachineId, Reach } from '@bulkhead/domain';

/** Which placement and wish a machine's present condition answers to. */
export interface Answer {
  readonly generation: Generation;
  readonly instance: InstanceId;
  /** Number of the newest start, stop, restart or suspend request that was acted on. */
  readonly wish: number;
  /** Of the command that brought that request. */
  readonly trace?: string | undefined;
}

/** What is so on this host, as it is kept on disk. */
export type LocalMachine = Answer & { readonly machine: MachineId } & (
    | { readonly phase: 'starting'; readonly restarts: number }
    | {
        readonly phase: 'running';
        readonly restarts: number;
        readonly startedAtMs: number;
        readonly reach: Reach;
        readonly imageDigest: string;
        /** The image's own, for a machine whose configuration names none. */
        readonly stopSignal?: string;
        /** Of its health checks, as last reported. */
        readonly checks: readonly CheckStatus[];
      }
    /** Exited, and its restart policy starts it again at `retryAtMs`. */
    | { readonly phase: 'backing-off'; readonly restarts: number; readonly retryAtMs: number }
    | { readonly phase: 'stopped' }
    | { readonly phase: 'suspended' }
    | { readonly phase: 'failed'; readonly code: string; readonly message: string }
  );

export type Phase = LocalMachine['phase'];

/** Epoch first, then count: a later epoch outranks any count of an earlier one. */
export const compareGenerations = (a: Generation, b: Generation): number =>
  a.epoch - b.epoch || a.count - b.count;

/** The part of a feed row or a local machine that says which placement and wish it is about. */
export const answerOf = ({ machine, generation, instance, wish, trace }: HostMachineRow | LocalMachine) => ({
  machine,
  generation,
  instance,
  wish,
  ...(trace === undefined ? {} : { trace }),
});
