import { jest } from '@jest/globals';
import {
  api,
  createApp,
  createMachine,
  destroyApp,
  eventually,
  platform,
  visit,
  waitFor,
} from './support/platform.js';

jest.setTimeout(300_000);

describe('the sample app', () => {
  it('answers over TLS out of its own VM', async () => {
    const { json } = await api('GET', `/v1/apps/${platform.sampleApp.name}/machines`);
    const page = await visit(platform.sampleApp.name);
    expect(page.status).toBe(200);
    expect(json.map(({ id }: { id: string }) => id).some((id: string) => page.text.includes(id))).toBe(true);
  });
});

describe('a machine', () => {
  let app: string;
  let id: string;
  let instance: string;
  beforeAll(async () => {
    app = await createApp();
    const machine = await createMachine(
      app,
      { env: { GREETING: 'ahoy' }, metadata: { team: 'blue' } },
      { name: 'one' },
    );
    ({ id, instance_id: instance } = machine);
    expect(machine).toMatchObject({
      name: 'one',
      state: expect.stringMatching(/creat|start/),
      region: expect.any(String),
    });
    expect(machine.private_ip).toMatch(/^fd/);
    await waitFor(app, id, 'started', instance);
  });
  afterAll(() => destroyApp(app));

  const path = (more = '') => `/v1/apps/${app}/machines/${id}${more}`;

  it('can be read, listed and reached', async () => {
    expect((await api('GET', path())).json).toMatchObject({ id, state: 'started', host_status: 'ok' });
    const listed = await api('GET', `/v1/apps/${app}/machines?metadata.team=blue`);
    expect(listed.json.map((machine: { id: string }) => machine.id)).toEqual([id]);
    const page = await eventually('the app answers', async () => {
      const answer = await visit(app);
      return answer.status === 200 && answer;
    });
    expect(page.text).toContain(id);
  });

  it('runs commands and lists processes', async () => {
    const said = await api('POST', path('/exec'), { command: ['/hello', 'say', 'hi', 'there'], timeout: 20 });
    expect(said).toMatchObject({ status: 200, json: { exit_code: 0, stdout: 'hi there\n' } });
    const left = await api('POST', path('/exec'), { command: ['/hello', 'exit', '7'], timeout: 20 });
    expect(left.json).toMatchObject({ exit_code: 7 });
    const ps = await api('GET', path('/ps'));
    expect(JSON.stringify(ps.json)).toContain('8080');
  });

  it('is changed by the holder of its lease alone', async () => {
    const lease = await api('POST', path('/lease'), { ttl: 30 });
    const { nonce } = lease.json.data;
    expect(lease.json.status).toBe('success');
    expect((await api('POST', path('/stop'))).status).toBe(409);
    expect((await api('POST', path('/lease'), { ttl: 30 })).status).toBe(409);
    const again = await api(
      'POST',
      path('/lease'),
      { ttl: 30 },
      { headers: { 'fly-machine-lease-nonce': nonce } },
    );
    expect(again.json.data.nonce).toBe(nonce);
    const gone = await api('DELETE', path('/lease'), undefined, {
      headers: { 'fly-machine-lease-nonce': nonce },
    });
    expect(gone.status).toBe(200);
    expect((await api('GET', path('/lease'))).status).toBe(404);
  });

  it('stops, gets no request then, and starts again', async () => {
    expect((await api('POST', path('/stop'), { signal: 'SIGTERM' })).status).toBe(200);
    await waitFor(app, id, 'stopped', instance);
    await eventually('the edge lets go', async () => (await visit(app)).status === 503);
    const { json } = await api('GET', path());
    const exit = json.events.find(({ type }: { type: string }) => type === 'exit');
    expect(exit.request.exit_event).toMatchObject({ exit_code: 0, requested_stop: true });
    expect((await api('POST', path('/start'))).status).toBe(200);
    await waitFor(app, id, 'started', instance);
    await eventually('the app answers again', async () => (await visit(app)).status === 200);
  });

  it('becomes another instance by an update', async () => {
    const { json: before } = await api('GET', path());
    const updated = await api('POST', path(), { config: { ...before.config, env: { GREETING: 'servus' } } });
    expect(updated.status).toBe(200);
    expect(updated.json.instance_id).not.toBe(before.instance_id);
    instance = updated.json.instance_id;
    await waitFor(app, id, 'started', instance);
    expect((await api('GET', path())).json.config.env).toEqual({ GREETING: 'servus' });
    const stale = await api('POST', path(), { config: before.config, current_version: before.instance_id });
    expect(stale.status).toBe(412);
  });

  it('logs what the app writes', async () => {
    await eventually('the line is there', async () => {
      await visit(app, '/find-me-in-the-log');
      return (await api('GET', `/api/v1/apps/${app}/logs`)).text.includes('find-me-in-the-log');
    });
  });

  it('reports an exit of its own with its code', async () => {
    const { json } = await createMachineExit();
    expect(
      json.events.find(({ type }: { type: string }) => type === 'exit').request.exit_event,
    ).toMatchObject({
      exit_code: 7,
      requested_stop: false,
    });
  });

  async function createMachineExit() {
    const machine = await createMachine(app, {
      init: { cmd: ['exit', '7'] },
      services: [],
      restart: { policy: 'no' },
    });
    await waitFor(app, machine.id, 'stopped', machine.instance_id);
    return api('GET', `/v1/apps/${app}/machines/${machine.id}`);
  }

  it('is destroyed, and its events stay', async () => {
    expect((await api('DELETE', path())).status).toBeGreaterThanOrEqual(400);
    expect((await api('DELETE', path('?force=true'))).status).toBe(200);
    await waitFor(app, id, 'destroyed');
    const events = await api('GET', path('/events'));
    expect(events.json.map(({ type }: { type: string }) => type)).toEqual(
      expect.arrayContaining(['launch', 'destroy']),
    );
  });
});
