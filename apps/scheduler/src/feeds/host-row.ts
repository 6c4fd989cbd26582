import type { LivingMachine } from '@bulkhead/domain';
import { hostRowContext, type HostMachineRow } from '@bulkhead/contracts';
import type { Sealer } from '@bulkhead/journal';
import { seal } from '@bulkhead/pki';
import type { Worker } from './worker.js';
import { openAddress, openConfig } from './opened.js';

/** All that a host's row is made of. */
export const partsOfHostRow = (state: LivingMachine, trace: string | null) => {
  const { machine, name, app, appName, organization, placement, instance } = state;
  const { config, desired, wish, stop } = state;
  return {
    machine,
    name,
    app,
    appName,
    organization,
    placement,
    instance,
    config,
    desired,
    wish,
    stop,
    trace,
  };
};

/** What a host is to do with a machine. The configuration is opened here, in memory, and sealed again to that host alone. */
export async function hostRowOf(
  sealer: Sealer,
  state: LivingMachine,
  worker: Worker,
  trace: string | null = null,
): Promise<HostMachineRow | null> {
  const { placement } = state;
  const address = await openAddress(sealer, state);
  if (!placement || address === null) return null;
  const content = JSON.stringify({ config: await openConfig(sealer, state), address });
  const key = Buffer.from(worker.sealingKey, 'base64');
  const box = seal(key, Buffer.from(content), hostRowContext(placement.host, state.machine));
  const { signal, timeoutMs, force } = state.stop;
  return {
    machine: state.machine,
    machineName: state.name,
    app: state.app,
    appName: state.appName,
    organization: state.organization,
    region: placement.region,
    generation: placement.generation,
    instance: state.instance,
    desired: state.desired,
    wish: state.wish,
    stop: {
      ...(signal === undefined ? {} : { signal }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      force,
    },
    networkId: placement.networkId,
    ...(trace === null ? {} : { trace }),
    sealed: Buffer.from(box).toString('base64'),
  };
}
