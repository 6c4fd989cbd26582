import {
  machineAggregate,
  machineNameAggregate,
  machineNameId,
  hostAggregate,
  isLiving,
  isReplaceable,
  quotaAggregate,
  Refusal,
  type AppId,
  type LivingMachine,
  type MachineEvent,
  type MachineId,
  type MachineRequest,
  type MachineState,
} from '@bulkhead/domain';
import type { MachineResult } from '@bulkhead/contracts/commands/scheduler';
import { currentTrace, type Command, type Decision, type Loaded, type Outcome } from '@bulkhead/journal';
import { actorOf } from '../access/clearing.js';
import type { Context } from '../access/handler.js';
import { assertStillUnleased, assertUnleased } from '../leases/leases.js';
import { forgetPlacement, keepHost, keepPlacement } from '../placement/tables.js';
import type { Scheduler } from '../scheduler.js';
import { machineResultOf } from './machine-result.js';

/** Which machine, of which app, and the nonce of its lease where the caller holds it. */
export interface MachineTarget {
  readonly app: AppId;
  readonly machine: MachineId;
  readonly nonce?: string;
}

export type LoadedMachine = Loaded<MachineState, MachineEvent>;

/** A command as the journal wants it. `content` is what was asked for, with nothing in it that was made for this try. */
export function commandOf(scheduler: Pick<Scheduler, 'clock'>, context: Context, content: unknown): Command {
  const { id, name, principal, cause } = context;
  const trace = currentTrace();
  const organization = principal.kind === 'user' && principal.app ? principal.app.organization : 'platform';
  return {
    id,
    content: { name, input: content },
    actor: actorOf(principal),
    organization,
    now: scheduler.clock.now(),
    ...(cause === undefined ? {} : { cause }),
    ...(trace === undefined ? {} : { trace }),
  };
}

/** Loads a machine of an app. @throws Refusal for one that isn't there, or is another app's. */
export async function loadMachine(
  decision: Decision,
  { app, machine }: MachineTarget,
): Promise<LoadedMachine> {
  const loaded = await decision.load(machineAggregate, machine);
  if (loaded.state.status === 'absent' || loaded.state.app !== app)
    throw new Refusal('not_found', 'machine not found', 404);
  return loaded;
}

/** Asks one thing of one machine: what most commands do. */
export function changeMachine(
  scheduler: Scheduler,
  context: Context,
  target: MachineTarget,
  request: (state: LivingMachine) => MachineRequest,
  content: unknown = target,
): Promise<Outcome<MachineResult>> {
  const command = commandOf(scheduler, context, content);
  return scheduler.journal.execute(command, async (decision) => {
    const loaded = await loadMachine(decision, target);
    await assertUnleased(scheduler.database, target);
    if (!isLiving(loaded.state)) throw new Refusal('not_found', 'machine not found', 404);
    const events = machineAggregate.decide(request(loaded.state), loaded.state);
    await commitMachine(decision, loaded, events);
    if (events.length > 0) await assertStillUnleased(decision, target);
    return machineResultOf(loaded.state, events);
  });
}

/**
 * Appends a machine's events. One that is destroyed by them gives back its name, its share of the quota and its host's room.
 * To be called after everything else is loaded: it begins the transaction.
 */
export async function commitMachine(
  decision: Decision,
  loaded: LoadedMachine,
  events: readonly MachineEvent[],
): Promise<MachineState> {
  const before = loaded.state;
  const after = events.reduce(machineAggregate.evolve, before);
  if (after.status === 'absent') return after;
  decision.append(loaded, events, after.organization);
  if (!isLiving(after)) await (isLiving(before) ? releaseAll(decision, before) : undefined);
  else if (!isLiving(before) || isPlacedOtherwise(before, after)) await keepPlacement(decision, after);
  return after;
}

const isPlacedOtherwise = (before: LivingMachine, after: LivingMachine): boolean =>
  before.placement !== after.placement ||
  before.hostLost !== after.hostLost ||
  isReplaceable(before.config.metadata) !== isReplaceable(after.config.metadata);

async function releaseAll(decision: Decision, machine: LivingMachine): Promise<void> {
  const { organization, app, name, placement } = machine;
  const nameId = machineNameId(app, name);
  const [taken, quota, host] = await Promise.all([
    decision.load(machineNameAggregate, nameId),
    decision.load(quotaAggregate, organization),
    placement ? decision.load(hostAggregate, placement.host) : null,
  ]);
  const release = { machine: machine.machine };
  decision.append(
    taken,
    machineNameAggregate.decide({ type: 'release', app, name, ...release }, taken.state),
    organization,
  );
  decision.append(
    quota,
    quotaAggregate.decide({ type: 'release', organization, ...release }, quota.state),
    organization,
  );
  if (host && host.state.status !== 'removed') {
    const released = hostAggregate.decide({ type: 'release', ...release }, host.state);
    decision.append(host, released, 'platform');
    await keepHost(decision, released.reduce(hostAggregate.evolve, host.state));
  }
  await forgetPlacement(decision, machine.machine);
}
