import { eventually } from '../wait.mjs';

const SERVICE = {
  protocol: 'tcp',
  internal_port: 8080,
  ports: [{ port: 443, handlers: ['tls', 'http'] }],
};

/**
 * Makes an app whose machines say who they are, and waits until all of them are started and the app answers.
 * @returns {Promise<string[]>} its machines
 */
export async function deploy(world, name, { machines = 1, metadata = {} } = {}) {
  const { api, organization, image } = world;
  const app = await api.send({
    method: 'POST',
    path: '/v1/apps',
    body: { app_name: name, org_slug: organization },
  });
  if (app.status !== 201) throw new Error(`app ${name}: ${app.status} ${JSON.stringify(app.json)}`);
  const config = {
    image,
    guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 },
    services: [SERVICE],
    restart: { policy: 'always' },
    metadata,
  };
  const ids = [];
  for (let count = 0; count < machines; count++) {
    const made = await api.send({ method: 'POST', path: `/v1/apps/${name}/machines`, body: { config } });
    if (made.status !== 200)
      throw new Error(`machine of ${name}: ${made.status} ${JSON.stringify(made.json)}`);
    ids.push(made.json.id);
  }
  for (const id of ids)
    await eventually(
      `machine ${id} of ${name} is started`,
      async () => (await api.get(`/v1/apps/${name}/machines/${id}`)).state === 'started',
      120_000,
    );
  const answered = new Set();
  await eventually(`every machine of ${name} answers`, async () => {
    answered.add((await world.visit(name)).machine);
    return ids.every((id) => answered.has(id));
  });
  return ids;
}

/** Removes an app with its machines. */
export async function remove({ api }, name) {
  const machines = await api.get(`/v1/apps/${name}/machines`);
  const destroy = ({ id }) =>
    api.send({ method: 'DELETE', path: `/v1/apps/${name}/machines/${id}?force=true` });
  await Promise.all(machines.map(destroy));
  await eventually(`the machines of ${name} are gone`, async () =>
    (await api.get(`/v1/apps/${name}/machines`)).every(({ state }) => state === 'destroyed'),
  );
  await api.send({ method: 'DELETE', path: `/v1/apps/${name}` });
}
