import { startTestPlatform, type Ask, type TestPlatform } from '../testing/test-platform.js';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
  expect(
    (await platform.call('POST', '/v1/apps', { body: { name: 'web', org_slug: 'personal' } })).status,
  ).toBe(201);
}, 60_000);
afterAll(() => platform.stop());

const machines = (suffix = '') => `/v1/apps/web/machines${suffix}`;
const call = (method: string, path: string, ask?: Ask) => platform.call(method, path, ask);
const create = async (body: object = {}) => {
  const made = await call('POST', machines(), {
    body: { config: { image: 'nginx', env: { SECRET: 'hunter2' } }, ...body },
  });
  expect(made.json).toMatchObject({ id: expect.any(String) });
  return made.json;
};
const wait = (id: string, query: string) => call('GET', machines(`/${id}/wait?${query}`));

describe('a machine', () => {
  it('is there at once, whole, after it was created', async () => {
    const made = await call('POST', machines(), {
      body: {
        name: 'one',
        config: { image: 'registry.example/web:2', env: { SECRET: 'hunter2' }, size: 'shared-cpu-2x' },
      },
    });
    expect(made.status).toBe(200);
    expect(made.headers.get('bulkhead-read-behind')).toBeNull();
    expect(made.json).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{14}$/),
      name: 'one',
      region: 'dev',
      private_ip: 'fdaa:0:1:a7b:1::2',
      image_ref: { registry: 'registry.example', repository: 'web', tag: '2', labels: {} },
      config: { env: { SECRET: 'hunter2' }, guest: { cpu_kind: 'shared', cpus: 2, memory_mb: 512 } },
      host_status: 'ok',
    });
    expect(made.json.version).toBe(made.json.instance_id);
    const read = await call('GET', machines(`/${made.json.id}`));
    expect(read.status).toBe(200);
    expect(read.json).toMatchObject({ id: made.json.id, instance_id: made.json.instance_id });
    expect(read.json.events.at(-1)).toMatchObject({ type: 'launch', status: 'created', source: 'user' });
  });

  it('goes through its life as clients of the Machines API expect', async () => {
    const { id, instance_id } = await create();
    expect((await wait(id, 'state=started&timeout=10')).json).toMatchObject({
      ok: true,
      state: 'started',
      version: instance_id,
    });

    expect(
      (await call('POST', machines(`/${id}/stop`), { body: { signal: 'SIGTERM', timeout: '5s' } })).json,
    ).toEqual({ ok: true });
    expect((await wait(id, `state=stopped&version=${instance_id}&timeout=10`)).json).toMatchObject({
      state: 'stopped',
    });

    const started = await call('POST', machines(`/${id}/start`));
    expect(started.json).toMatchObject({ previous_state: 'stopped' });
    expect((await wait(id, 'timeout=10')).status).toBe(200);

    const updated = await call('POST', machines(`/${id}`), {
      body: { config: { image: 'nginx:2', metadata: { role: 'web' } }, current_version: instance_id },
    });
    expect(updated.status).toBe(200);
    expect(updated.json.instance_id).not.toBe(instance_id);
    expect((await wait(id, `state=settled&version=${updated.json.instance_id}&timeout=10`)).status).toBe(200);

    const versions = await call('GET', machines(`/${id}/versions`));
    expect(versions.json.map(({ version }: { version: string }) => version)).toEqual([
      updated.json.instance_id,
      instance_id,
    ]);
    expect(versions.json[1].user_config.env).toEqual({ SECRET: 'hunter2' });

    expect((await call('DELETE', machines(`/${id}`))).status).toBe(412);
    expect((await call('DELETE', machines(`/${id}?force=true`))).json).toEqual({ ok: true });
    expect((await wait(id, 'state=destroyed&timeout=10')).json).toMatchObject({ state: 'destroyed' });

    const events = await call('GET', machines(`/${id}/events?limit=50`));
    expect(events.json.map(({ type }: { type: string }) => type)).toEqual([
      'destroy',
      'destroy',
      'start',
      'update',
      'start',
      'start',
      'stop',
      'stop',
      'start',
      'place',
      'launch',
    ]);
    expect(new Set(events.json.map((event: { id: string }) => event.id)).size).toBe(events.json.length);
    expect((await call('GET', machines(`/${id}`))).json).toMatchObject({ state: 'destroyed' });
    expect((await call('GET', machines())).json.some((machine: { id: string }) => machine.id === id)).toBe(
      false,
    );
    expect(
      (await call('GET', machines('?include_deleted=true'))).json.some(
        (machine: { id: string }) => machine.id === id,
      ),
    ).toBe(true);
  });

  it('that is never launched counts as stopped', async () => {
    const { id } = await create({ skip_launch: true });
    expect((await wait(id, 'state=stopped&timeout=5')).json).toMatchObject({ ok: true, state: 'created' });
  });
});

describe('wait', () => {
  it('gives up with 408 and says where the machine is', async () => {
    const { id } = await create();
    await wait(id, 'timeout=10');
    const late = await wait(id, 'state=stopped&timeout=1');
    expect(late.status).toBe(408);
    expect(late.json).toMatchObject({
      code: 'deadline_exceeded',
      error: 'deadline_exceeded: machine failed to reach desired state, stopped, currently started',
    });
  });

  it('takes several states, repeated or with commas, and only events after the one named', async () => {
    const { id } = await create();
    const reached = await wait(id, 'state=stopped,started&timeout=10');
    expect(reached.json).toMatchObject({ state: 'started' });
    expect((await wait(id, 'state=suspended&state=started&timeout=10')).status).toBe(200);
    expect((await wait(id, `state=started&from_event_id=${reached.json.event_id}&timeout=1`)).status).toBe(
      408,
    );
  });

  it.each(['state=flying', 'timeout=61', 'timeout=x', 'version=1', 'from_event_id=x'])(
    'refuses %s',
    async (query) => {
      const { id } = await create({ skip_launch: true });
      expect(await wait(id, query)).toMatchObject({ status: 400, json: { code: 'invalid_request' } });
    },
  );

  it('knows no machine that is not there', async () => {
    expect(await wait('00000000000000', 'timeout=1')).toMatchObject({
      status: 404,
      json: { error: 'machine not found' },
    });
  });
});

describe('a lease', () => {
  it('is wrapped as clients expect it, keeps its nonce and keeps others out', async () => {
    const { id, instance_id } = await create();
    await wait(id, 'timeout=10');
    expect(await call('GET', machines(`/${id}/lease`))).toMatchObject({
      status: 404,
      json: { error: 'lease not found' },
    });
    const taken = await call('POST', machines(`/${id}/lease?ttl=30`));
    expect(taken.json).toMatchObject({
      status: 'success',
      data: { nonce: expect.any(String), expires_at: expect.any(Number), version: instance_id },
    });
    const headers = { 'fly-machine-lease-nonce': taken.json.data.nonce };
    expect(
      (await call('POST', machines(`/${id}/lease`), { headers, body: { ttl: 60 } })).json.data.nonce,
    ).toBe(taken.json.data.nonce);
    expect((await call('POST', machines(`/${id}/lease`))).status).toBe(409);
    expect((await call('POST', machines(`/${id}/stop`))).status).toBe(409);
    expect((await call('POST', machines(`/${id}/stop`), { headers })).status).toBe(200);
    expect((await call('GET', machines(`/${id}/lease`))).json.data.nonce).toBeUndefined();
    expect((await call('DELETE', machines(`/${id}/lease`), { headers })).status).toBe(200);
  });

  it('can be had with the machine', async () => {
    expect(await create({ lease_ttl: 30 })).toMatchObject({ nonce: expect.any(String) });
  });
});

describe('metadata', () => {
  it('is read, patched, replaced and removed by key', async () => {
    const { id, instance_id } = await create({ config: { image: 'nginx', metadata: { a: '1', b: '2' } } });
    const at = (suffix = '') => machines(`/${id}/metadata${suffix}`);
    expect((await call('GET', at())).json).toEqual({ a: '1', b: '2' });
    expect((await call('PATCH', at(), { body: { metadata: { a: null, c: '3' } } })).json).toEqual({
      b: '2',
      c: '3',
    });
    expect((await call('POST', at('/d'), { body: { value: '4' } })).json).toEqual({ value: '4' });
    expect((await call('GET', at('/d'))).json).toEqual({ value: '4' });
    expect((await call('DELETE', at('/d'))).status).toBe(204);
    expect((await call('GET', at('/d'))).status).toBe(404);
    expect((await call('PUT', at(), { body: { metadata: { z: '9' } } })).json).toEqual({ z: '9' });
    expect((await call('PUT', at(), { body: { metadata: {}, machine_version: '0' } })).status).toBe(412);
    expect((await call('PUT', at(), { body: { metadata: {}, machine_version: instance_id } })).status).toBe(
      200,
    );
    expect((await call('GET', machines(`?metadata.z=9`))).json).toEqual([]);
  });

  it('finds machines', async () => {
    const { id } = await create({ config: { image: 'nginx', metadata: { group: 'blue' } } });
    const found = await call('GET', machines('?metadata.group=blue&region=dev'));
    expect(found.json.map((machine: { id: string }) => machine.id)).toEqual([id]);
    expect((await call('GET', machines('?metadata.group=green'))).json).toEqual([]);
    expect((await call('GET', machines('?metadata.group=blue&summary=true'))).json[0].config).toBeUndefined();
  });
});

describe('exec and ps', () => {
  it('runs a command line or a list of words, with standard input', async () => {
    const { id } = await create();
    await wait(id, 'timeout=10');
    const exec = (body: object) => call('POST', machines(`/${id}/exec`), { body });
    expect((await exec({ cmd: `echo "a b" c\\ d 'e"f'`, stdin: 'in' })).json).toEqual({
      exit_code: 0,
      exit_signal: 0,
      stdout: JSON.stringify(['echo', 'a b', 'c d', 'e"f']),
      stderr: 'in',
    });
    expect((await exec({ command: ['ls', '-l'], timeout: 5 })).json.stdout).toBe('["ls","-l"]');
    expect((await exec({})).status).toBe(400);
    expect((await exec({ cmd: 'echo "open' })).status).toBe(400);
    const sent = platform.scheduler.heard.filter(({ name }) => name === 'exec-machine');
    expect(JSON.stringify(sent)).not.toContain('a b');
  });

  it('lists processes in the order asked for', async () => {
    const { id } = await create();
    await wait(id, 'timeout=10');
    const listed = await call('GET', machines(`/${id}/ps?sort_by=pid&order=desc`));
    expect(listed.json.map(({ pid }: { pid: number }) => pid)).toEqual([7, 1]);
  });
});

describe('what leaves the api', () => {
  it('carries the caller’s own credential and no plain secret', async () => {
    await create();
    const [sent] = platform.scheduler.heard.filter(({ name }) => name === 'create-machine').slice(-1);
    expect(sent?.credential).toBe(platform.admin);
    expect(JSON.stringify(sent?.input)).not.toContain('hunter2');
    expect(platform.log.join('')).not.toContain('hunter2');
    expect(platform.log.join('')).not.toContain(platform.admin);
  });
});

describe('Idempotency-Key', () => {
  it('makes one machine of a request that comes twice, and refuses another under the same key', async () => {
    const headers = { 'idempotency-key': 'create-once' };
    const body = { config: { image: 'nginx', env: { A: '1' } } };
    const once = await call('POST', machines(), { headers, body });
    const again = await call('POST', machines(), { headers, body });
    expect(again.status).toBe(200);
    expect(again.json.id).toBe(once.json.id);
    const other = await call('POST', machines(), {
      headers,
      body: { config: { image: 'nginx', env: { A: '2' } } },
    });
    expect(other).toMatchObject({ status: 422, json: { code: 'idempotency_key_reused' } });
    expect(once.headers.get('idempotency-key')).toBe('create-once');
  });
});

describe('machines of an organization', () => {
  it('are listed page by page, each once', async () => {
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const page = await call(
        'GET',
        `/v1/orgs/personal/machines?limit=3&include_deleted=true${cursor && `&cursor=${cursor}`}`,
      );
      expect(page.status).toBe(200);
      seen.push(...page.json.machines.map(({ id }: { id: string }) => id));
      expect(page.json.machines.every((machine: { app_name: string }) => machine.app_name === 'web')).toBe(
        true,
      );
      if (!page.json.next_cursor) break;
      cursor = page.json.next_cursor;
    }
    const all = await call('GET', machines('?include_deleted=true'));
    expect(seen.toSorted()).toEqual(all.json.map(({ id }: { id: string }) => id).toSorted());
    expect((await call('GET', '/v1/orgs/personal/machines?cursor=nonsense')).json.code).toBe(
      'invalid_cursor',
    );
  });
});
