import type { HostMachineRow } from '@bulkhead/contracts';
import { compareGenerations, type LocalMachine } from './local-machine.js';

/** The one next thing that brings a machine closer to what should be. */
export type Step =
  | { readonly step: 'nothing' }
  | { readonly step: 'wait'; readonly untilMs: number }
  /** Boot the wished instance; `restarts` counts those of its restart policy. */
  | { readonly step: 'start'; readonly restarts: number }
  | { readonly step: 'resume' }
  | { readonly step: 'suspend' }
  /** Stop what runs, then look again. */
  | { readonly step: 'stop'; readonly force: boolean }
  /** What should be is so already: say so, since the wish is newer than the last answer. */
  | { readonly step: 'answer' }
  /** Remove every trace of the machine from this host. */
  | { readonly step: 'remove' };

const NOTHING: Step = { step: 'nothing' };

/**
 * Decides what to do next for one machine: no I/O, asked again after each step.
 * @param desired its row in the host's feed, or null where it has none (any more)
 * @param local what is on this host, or null where nothing is
 */
export function nextStep(desired: HostMachineRow | null, local: LocalMachine | null, nowMs: number): Step {
  if (!local) return desired ? fromNothing(desired) : NOTHING;
  if (!desired) return isUp(local) ? { step: 'stop', force: true } : { step: 'remove' };
  const age = compareGenerations(desired.generation, local.generation);
  if (age < 0) return NOTHING;
  if (age > 0) return isUp(local) ? { step: 'stop', force: true } : fromNothing(desired);
  switch (desired.desired) {
    case 'started':
      return towardsStarted(desired, local, nowMs);
    case 'stopped':
      return towardsStopped(desired, local);
    case 'suspended':
      return towardsSuspended(desired, local);
    case 'destroyed':
      return isUp(local) ? { step: 'stop', force: desired.stop.force } : { step: 'remove' };
  }
}

function fromNothing(desired: HostMachineRow): Step {
  switch (desired.desired) {
    case 'started':
      return { step: 'start', restarts: 0 };
    case 'stopped':
    case 'suspended':
      return { step: 'answer' };
    case 'destroyed':
      return { step: 'remove' };
  }
}

function towardsStarted(desired: HostMachineRow, local: LocalMachine, nowMs: number): Step {
  const newer = isNewer(desired, local);
  switch (local.phase) {
    case 'starting':
      // Found so after this process began anew: whatever ran is gone or will be found by the runtime.
      return { step: 'start', restarts: newer ? 0 : local.restarts };
    case 'running':
      return newer ? { step: 'stop', force: desired.stop.force } : NOTHING;
    case 'backing-off':
      if (newer) return { step: 'start', restarts: 0 };
      return nowMs >= local.retryAtMs
        ? { step: 'start', restarts: local.restarts + 1 }
        : { step: 'wait', untilMs: local.retryAtMs };
    case 'suspended':
      if (desired.instance !== local.instance) return { step: 'start', restarts: 0 };
      return newer ? { step: 'resume' } : NOTHING;
    case 'stopped':
    case 'failed':
      return newer ? { step: 'start', restarts: 0 } : NOTHING;
  }
}

function towardsStopped(desired: HostMachineRow, local: LocalMachine): Step {
  if (isUp(local)) return { step: 'stop', force: desired.stop.force };
  if (local.phase === 'suspended' || local.phase === 'backing-off') return { step: 'answer' };
  return isNewer(desired, local) ? { step: 'answer' } : NOTHING;
}

function towardsSuspended(desired: HostMachineRow, local: LocalMachine): Step {
  if (local.phase === 'running') return { step: 'suspend' };
  if (local.phase === 'starting') return { step: 'stop', force: true };
  return isNewer(desired, local) ? { step: 'answer' } : NOTHING;
}

const isUp = (local: LocalMachine): boolean => local.phase === 'running' || local.phase === 'starting';

const isNewer = (desired: HostMachineRow, local: LocalMachine): boolean =>
  desired.wish > local.wish || desired.instance !== local.instance;
