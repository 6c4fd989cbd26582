import { chmodSync, chownSync, copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { edgeChild, joiningChildren } from '../../../scripts/start/services.mjs';
import { makePrivate } from '../../../scripts/start/layout.mjs';
import { freePort } from '../../../scripts/test/instance.mjs';

/**
 * How a further copy reaches the others, where that is not as the first one does.
 * @typedef {{ nats?: number, postgresDirectory?: string }} Ways
 */

/**
 * Starts a further copy of a service, or of the edge, beside the instance's own, as another host would: with an identity and
 * a directory of its own.
 * @param {import('./world.mjs').World} world
 * @param {Ways} [ways]
 * @returns {Promise<{ name: string, port: number, httpsPort: number }>}
 */
export async function startCopy(world, service, name, ways = {}) {
  const { instance } = world;
  const directory = path.join(instance.layout.data, 'services', name);
  const account = instance.accounts[service];
  makePrivate(directory, account);
  const kind = service === 'edge' ? { kind: service } : { kind: service, name };
  await joinToken(world, kind, directory, account);
  if (service === 'edge') copyDevelopmentCa(instance, directory, account);
  const [port, httpPort, httpsPort, metrics] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const variant = {
    ...instance,
    layout: {
      ...instance.layout,
      service: (of) => (of === service ? directory : instance.layout.service(of)),
    },
    ports: {
      ...instance.ports,
      API: port,
      EDGE_HTTP: httpPort,
      EDGE_HTTPS: httpsPort,
      [`${service.toUpperCase()}_METRICS`]: metrics,
      ...(ways.nats ? { NATS: ways.nats } : {}),
    },
    ...(ways.postgresDirectory
      ? { postgres: { url: throughDirectory(instance, ways.postgresDirectory) } }
      : {}),
  };
  const children = service === 'edge' ? [edgeChild(variant)] : joiningChildren(variant);
  const child = { ...children.find((made) => made.name === service), name };
  await instance.supervisor.start(child);
  world.parts.add(child);
  return { name, port, httpsPort };
}

/** A one-time token, in the place where a process looks for it. */
export async function joinToken({ api }, body, directory, account) {
  const { status, json } = await api.send({ method: 'POST', path: '/api/v1/join-tokens', body });
  if (status !== 201) throw new Error(`join token: ${status} ${JSON.stringify(json)}`);
  const file = path.join(directory, 'join-token');
  writeFileSync(file, json.token, { mode: 0o600 });
  if (account) chownSync(file, account.uid, account.gid);
  return json.name;
}

const throughDirectory = (instance, directory) => (service) => {
  const url = new URL(instance.postgres.url(service));
  url.searchParams.set('host', directory);
  return url.href;
};

/** Edges of one place show certificates of one root. */
function copyDevelopmentCa({ layout }, directory, account) {
  for (const file of ['development-ca.pem', 'hostname-keys.json']) {
    copyFileSync(path.join(layout.service('edge'), file), path.join(directory, file));
    chmodSync(path.join(directory, file), 0o600);
    if (account) chownSync(path.join(directory, file), account.uid, account.gid);
  }
}
