import path from 'node:path';
import { removeMachinesGroup } from '../../../scripts/start/control-group.mjs';
import { hostdChild } from '../../../scripts/start/hostd.mjs';
import { controlGroup } from '../../../scripts/start/hostd-configuration.mjs';
import { layoutOf, makePrivate } from '../../../scripts/start/layout.mjs';
import { joiningChildren } from '../../../scripts/start/services.mjs';
import { freePort } from '../../../scripts/test/instance.mjs';
import { mkdirSync, chmodSync } from 'node:fs';
import { eventually } from '../wait.mjs';
import { joinToken } from './copies.mjs';

/**
 * A second host beside the instance's own: worker and hostd with directories, users, taps and control groups of their own. Edges
 * reach its machines by mutual TLS through its worker, as on any other host.
 * @param {import('./world.mjs').World} world
 * @param {{ nats: number }} ways
 * @returns {Promise<{ id: string, data: string, close(): void }>}
 */
export async function startSecondHost(world, { nats }) {
  const { instance, api } = world;
  const data = path.join(instance.layout.data, 'b');
  const layout = layoutOf(data, { asked: data, cache: instance.layout.cache });
  for (const directory of [data, layout.sockets, path.join(data, 'services')]) {
    mkdirSync(directory, { recursive: true });
    chmodSync(directory, 0o711);
  }
  makePrivate(layout.service('worker'), instance.accounts.worker);
  const id = await joinToken(world, { kind: 'worker' }, layout.service('worker'), instance.accounts.worker);
  const ports = {
    ...instance.ports,
    NATS: nats,
    WORKER_METRICS: await freePort(),
    WORKER_FORWARD: await freePort(),
  };
  const variant = { ...instance, layout, ports };
  const hostd = { ...hostdChild(variant), name: 'hostd-b' };
  const made = joiningChildren({
    ...variant,
    postgres: instance.postgres,
    layout: { ...layout, init: instance.layout.init },
  });
  const worker = { ...made.find(({ name }) => name === 'worker'), name: 'worker-b' };
  worker.env.BULKHEAD_HOST_NAME = 'host-b';
  for (const child of [hostd, worker]) {
    await instance.supervisor.start(child);
    world.parts.add(child);
  }
  await eventually('the second host is ready', async () =>
    (await api.get('/api/v1/hosts')).hosts.some((host) => host.id === id && host.status === 'ready'),
  );
  return { id, data, close: () => removeMachinesGroup(controlGroup(data)) };
}
