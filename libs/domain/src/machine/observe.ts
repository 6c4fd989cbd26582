import { never } from '../decider.js';
import type { HostId } from '../ids.js';
import { compareGenerations } from '../placement/generation.js';
import type { MachineObservation } from './commands.js';
import type { CheckStatus, MachineEvent, Observed, Reach } from './events.js';
import { isLiving, isResting, type LivingMachine, type MachineState } from './state.js';

/**
 * What a host's word about a machine amounts to. Only the host of the newest placement has one: what an older
 * generation, or another host, says never happened.
 */
export function decideObservation(
  { host, seen }: { readonly host: HostId; readonly seen: MachineObservation },
  state: MachineState,
): readonly MachineEvent[] {
  if (!isLiving(state) || state.placement?.host !== host) return [];
  if (seen.kind === 'missing') return gone(state);
  if (compareGenerations(seen.generation, state.placement.generation) !== 0) return [];
  const { generation, instance, wish } = seen;
  const observed = { generation, instance, wish };
  switch (seen.kind) {
    case 'started': {
      const { reach, imageDigest } = seen;
      return [{ type: 'MachineStarted', data: { ...observed, reach, imageDigest } }];
    }
    case 'exited':
      return [
        { type: 'MachineExited', data: { ...observed, exit: seen.exit } },
        ...(seen.exit.restarting ? [] : afterStop(state, observed)),
      ];
    case 'stopped':
      return stopped(state, observed);
    case 'suspended':
      return [{ type: 'MachineSuspended', data: observed }];
    case 'failed': {
      const { code, message } = seen;
      return [{ type: 'MachineFailed', data: { ...observed, code, message } }];
    }
    case 'checks':
      return isSameHealth(state.checks, seen.checks)
        ? []
        : [{ type: 'MachineChecksChanged', data: { ...observed, checks: seen.checks } }];
    case 'destroyed':
      return gone(state);
    case 'surveyed':
      return surveyed(state, seen, observed);
    default:
      return never(seen);
  }
}

const gone = (state: LivingMachine): readonly MachineEvent[] =>
  state.status === 'destroying' ? [{ type: 'MachineDestroyed', data: {} }] : [];

/** A stop says nothing new of a machine at rest, nor of a wish that a newer one has replaced. */
function stopped(state: LivingMachine, observed: Observed): readonly MachineEvent[] {
  if (isResting(state.status) || !isCurrent(state, observed)) return [];
  return [{ type: 'MachineStopped', data: observed }, ...afterStop(state, observed)];
}

/** A machine that destroys itself does so once it has run and come to rest. */
function afterStop(state: LivingMachine, { wish }: Observed): readonly MachineEvent[] {
  const hasRun = state.wish === wish && !isResting(state.status) && state.status !== 'destroying';
  return state.config.auto_destroy && hasRun && state.status !== 'updating'
    ? [{ type: 'MachineDestroyRequested', data: { force: false, reason: 'auto_destroy' } }]
    : [];
}

/** The whole state repeats what is known: only what differs is news. */
function surveyed(
  state: LivingMachine,
  seen: Extract<MachineObservation, { kind: 'surveyed' }>,
  observed: Observed,
): readonly MachineEvent[] {
  if (!isCurrent(state, observed)) return [];
  switch (seen.state) {
    case 'starting':
      return [];
    case 'started': {
      const { reach, imageDigest } = seen;
      if (!reach || imageDigest === undefined) return [];
      const isKnown = state.status === 'started' && isSameReach(state.reach, reach);
      return isKnown ? [] : [{ type: 'MachineStarted', data: { ...observed, reach, imageDigest } }];
    }
    case 'stopped':
      return stopped(state, observed);
    case 'suspended':
      return state.status === 'suspended' ? [] : [{ type: 'MachineSuspended', data: observed }];
    case 'failed': {
      const data = { ...observed, code: 'failed', message: 'the host reports it as failed' };
      return isResting(state.status) ? [] : [{ type: 'MachineFailed', data }];
    }
    default:
      return never(seen.state);
  }
}

const isCurrent = (state: LivingMachine, { instance, wish }: Observed): boolean =>
  state.instance === instance && state.wish === wish;

/** Health results that change nothing are no events; what a check printed changes nothing. */
const isSameHealth = (a: readonly CheckStatus[], b: readonly CheckStatus[]): boolean =>
  a.length === b.length &&
  a.every((check, index) => check.name === b[index]?.name && check.status === b[index].status);

const isSameReach = (a: Reach | null, b: Reach): boolean => {
  if (a === null || a.kind === 'direct' || b.kind === 'direct') return a?.kind === b.kind;
  const ports = Object.entries(a.ports);
  return ports.length === Object.keys(b.ports).length && ports.every(([port, to]) => b.ports[port] === to);
};
