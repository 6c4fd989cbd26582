import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EXIT } from './exit-codes.js';
import { run } from './run.js';
import { FakeApi } from './testing/fake-api.js';

const MACHINE = {
  id: '0123456789abcd',
  name: 'web-1',
  state: 'started',
  region: 'local',
  config: { image: 'oci:/images/web' },
  checks: [{ name: 'http', status: 'passing', output: 'ok' }],
  events: [{ type: 'start', status: 'started', source: 'user', timestamp: 0 }],
};

let api: FakeApi;
let directory: string;

beforeEach(async () => {
  api = await FakeApi.start();
  directory = mkdtempSync(join(tmpdir(), 'bulkhead-cli-'));
});
afterEach(async () => {
  await api.close();
  rmSync(directory, { recursive: true });
});

async function bulkhead(args: string[], environment: NodeJS.ProcessEnv = environmentOf(api)) {
  let out = '';
  let err = '';
  const exitCode = await run({
    args,
    environment,
    directory,
    streams: { out: (text) => void (out += text), err: (text) => void (err += text) },
  });
  return { exitCode, out, err };
}

const environmentOf = ({ url }: FakeApi) => ({
  BULKHEAD_API_URL: url,
  BULKHEAD_TOKEN: 'secret',
  BULKHEAD_ORG: 'personal',
  HOME: directory,
  XDG_CONFIG_HOME: directory,
});

describe('verbs', () => {
  it('lists machines as a table and as JSON', async () => {
    api.answer('GET /v1/apps/web/machines', [200, [MACHINE]]);
    const human = await bulkhead(['machine', 'list', 'web']);
    expect(human.exitCode).toBe(EXIT.ok);
    expect(human.out.split('\n')[1]).toMatch(/^0123456789abcd {2}web-1 {2}started {2}local {3}1\/1 /);
    const machine = await bulkhead(['machine', 'list', 'web', '--json']);
    expect(JSON.parse(machine.out)).toEqual([MACHINE]);
    expect(api.received[0]?.authorization).toBe('Bearer secret');
  });

  it('runs an image and waits until it is started', async () => {
    api.answer('POST /v1/apps/web/machines', [200, { ...MACHINE, state: 'created' }]);
    api.answer('GET /v1/apps/web/machines/0123456789abcd/wait', [200, { ok: true }]);
    api.answer('GET /v1/apps/web/machines/0123456789abcd', [200, MACHINE]);
    const { exitCode, out } = await bulkhead([
      'machine',
      'run',
      'web',
      'oci:/images/web',
      '-e',
      'A=b=c',
      '-p',
      '8080',
      '--',
      'serve',
      '--fast',
    ]);
    expect({ exitCode, out }).toEqual({ exitCode: EXIT.ok, out: 'Machine 0123456789abcd is started.\n' });
    expect(api.received[0]?.body).toMatchObject({
      config: {
        image: 'oci:/images/web',
        env: { A: 'b=c' },
        init: { cmd: ['serve', '--fast'] },
        services: [{ internal_port: 8080 }],
      },
    });
  });

  it('repeats a request whose answer was lost under the same key', async () => {
    api.answer('POST /v1/apps', [504, { error: 'no answer in time' }], [201, { id: 'app_1', name: 'web' }]);
    expect((await bulkhead(['apps', 'create', 'web'])).exitCode).toBe(EXIT.ok);
    const keys = api.received.map(({ key }) => key);
    expect(keys).toHaveLength(2);
    expect(keys[0]).toBeDefined();
    expect(keys[0]).toBe(keys[1]);
  });

  it('ends exec with the code of what ran', async () => {
    api.answer('POST /v1/apps/web/machines/0123456789abcd/exec', [
      200,
      { exit_code: 42, stdout: 'hi\n', stderr: '' },
    ]);
    expect(
      await bulkhead(['machine', 'exec', 'web', MACHINE.id, '--', 'sh', '-c', 'echo hi; exit 42']),
    ).toEqual({
      exitCode: 42,
      out: 'hi\n',
      err: '',
    });
    expect(api.received[0]?.body).toMatchObject({ command: ['sh', '-c', 'echo hi; exit 42'] });
  });

  it('says which state a machine has where the one waited for does not come', async () => {
    api.answer('POST /v1/apps/web/machines/0123456789abcd/stop', [200, { ok: true }]);
    api.answer('GET /v1/apps/web/machines/0123456789abcd/wait', [
      408,
      { error: 'deadline_exceeded', code: 'deadline_exceeded' },
    ]);
    api.answer('GET /v1/apps/web/machines/0123456789abcd', [200, { ...MACHINE, state: 'stopping' }]);
    const { exitCode, err } = await bulkhead(['machine', 'stop', 'web', MACHINE.id, '--wait', '1']);
    expect(exitCode).toBe(EXIT.unavailable);
    expect(err).toContain('is not stopped after 1 s; it is stopping');
  });

  it('shows control characters in names instead of obeying them', async () => {
    api.answer('GET /v1/apps/web/machines', [200, [{ ...MACHINE, name: 'a\u001b[2Jb' }]]);
    expect((await bulkhead(['machine', 'list', 'web'])).out).toContain('a\\x1b[2Jb');
  });
});

describe('what an operator does', () => {
  it('makes a join token, the token alone on standard output', async () => {
    const made = {
      id: 'jt',
      kind: 'worker',
      name: 'host_x',
      expires_at: '2026-01-01T00:00:00Z',
      token: 'text',
    };
    api.answer('POST /api/v1/join-tokens', [201, made]);
    const { exitCode, out, err } = await bulkhead(['hosts', 'join-token', 'worker', '--expires', '1h']);
    expect({ exitCode, out }).toEqual({ exitCode: EXIT.ok, out: 'text\n' });
    expect(api.received[0]?.body).toEqual({ kind: 'worker', expires_in: 3600 });
    expect(err).toContain('/var/lib/bulkhead/worker/join-token');
    expect(err).toContain('systemctl enable --now bulkhead-hostd bulkhead-worker');
    const wrong = await bulkhead(['hosts', 'join-token', 'worker', '--expires', 'soon']);
    expect(wrong.exitCode).toBe(EXIT.usage);
  });

  it.each([
    [['host_x'], '/api/v1/hosts/host_x'],
    [['host_x', '--stolen'], '/api/v1/identities/worker/host_x'],
    [['host_x', '--kind', 'edge'], '/api/v1/identities/edge/host_x'],
  ])('removes a host: %j', async (args, url) => {
    api.answer(`DELETE ${url}`, [200, { ok: true }]);
    expect((await bulkhead(['hosts', 'remove', ...args])).exitCode).toBe(EXIT.ok);
    expect(api.received).toMatchObject([{ method: 'DELETE', url }]);
  });

  it('changes the limits that are named, and shows them where none is', async () => {
    const path = '/api/v1/organizations/acme/quota';
    const limits = { apps: 1, machines: 2, cpus: 3, memory_mb: 4 };
    api.answer(`GET ${path}`, [200, limits]);
    api.answer(`PATCH ${path}`, [200, limits]);
    const shown = await bulkhead(['orgs', 'quota', 'acme', '--json']);
    expect(JSON.parse(shown.out)).toEqual(limits);
    await bulkhead(['orgs', 'quota', 'acme', '--machines', '2', '--memory', '4']);
    expect(api.received.at(-1)).toMatchObject({ method: 'PATCH', body: { machines: 2, memory_mb: 4 } });
  });
});

describe('changes', () => {
  it('to a machine keep what they do not name, and refuse to overwrite another', async () => {
    const config = { image: 'a', env: { A: '1', B: '2' }, guest: { cpus: 1, memory_mb: 256 }, checks: {} };
    const path = '/v1/apps/web/machines/0123456789abcd';
    api.answer(`GET ${path}`, [200, { ...MACHINE, instance_id: 'OLD', config }]);
    api.answer(`POST ${path}`, [200, { ...MACHINE, instance_id: 'NEW', config }]);
    api.answer(`GET ${path}/wait`, [200, { ok: true }]);
    const args = ['machine', 'update', 'web', '0123456789abcd', 'b', '-e', 'B=3', '--memory', '512'];
    expect((await bulkhead(args)).exitCode).toBe(EXIT.ok);
    expect(api.received[1]?.body).toEqual({
      config: {
        image: 'b',
        env: { A: '1', B: '3' },
        metadata: {},
        guest: { cpus: 1, memory_mb: 512 },
        init: {},
        checks: {},
      },
      current_version: 'OLD',
      skip_launch: false,
    });
    expect(api.received[2]?.url).toContain('version=NEW');
  });

  it('that end machines are asked about', async () => {
    api.answer('GET /v1/apps/web', [200, { id: 'a', name: 'web', machine_count: 2 }]);
    api.answer('DELETE /v1/apps/web', [202, { ok: true }]);
    const asked = await bulkhead(['apps', 'destroy', 'web']);
    expect(asked.exitCode).toBe(EXIT.refused);
    expect(asked.err).toContain('bulkhead apps destroy web --yes');
    expect(api.received.map(({ method }) => method)).toEqual(['GET']);
    expect((await bulkhead(['apps', 'destroy', 'web', '--yes'])).exitCode).toBe(EXIT.ok);
  });
});

describe('a replay', () => {
  const journals = {
    journals: [
      {
        service: 'api',
        problem: null,
        head: { epoch: '1-0', position: 9 },
        stream: null,
        relay: null,
        surplus: 0,
        projections: [
          {
            name: 'api-tenants',
            journal: 'api',
            cursor: { epoch: '1-0', position: 9 },
            state: 'active',
            why: null,
          },
        ],
      },
    ],
  };
  const report = {
    cursor: { epoch: '1-0', position: 9 },
    envelopes: 9,
    rows: { app: 2 },
    drift: [{ table: 'app', side: 'live', row: '{"name":"\u001b[2J"}' }],
    drifted: [{ table: 'app', side: 'live', rows: 100 }],
    parked: [],
    swapped: false,
  };

  beforeEach(() => {
    api.answer('GET /api/v1/journals', [200, journals]);
    api.answer('POST /api/v1/replays', [202, { id: 'api.1' }]);
  });

  it('is waited for, and ends with 7 where rows drifted', async () => {
    api.answer(
      'GET /api/v1/replays/api.1',
      [200, { state: 'running', position: 4 }],
      [200, { state: 'done', report }],
    );
    const { exitCode, out, err } = await bulkhead(['replay', 'api-tenants', '--swap']);
    expect(exitCode).toBe(EXIT.foundProblems);
    expect(err).toContain('4 of 9');
    expect(out).toMatch(/app +live +100 or more/);
    expect(out).toContain('- app {"name":"\\x1b[2J"}');
    expect(api.received.find(({ method }) => method === 'POST')?.body).toEqual({
      service: 'api',
      projection: 'api-tenants',
      swap: true,
    });
  });

  it('of what there is not is not asked for', async () => {
    const { exitCode } = await bulkhead(['replay', 'nothing']);
    expect(exitCode).toBe(EXIT.notFound);
    expect(api.received.map(({ method }) => method)).toEqual(['GET']);
  });

  it('at a time asks for that time, and says which position it used', async () => {
    const found = {
      kind: 'app',
      id: 'app_1',
      journal: 'api',
      position: 5,
      epoch: '1-0',
      recorded_at: '2026-01-01T00:00:00.000Z',
      version: 2,
      state: { name: 'web' },
    };
    api.answer('GET /api/v1/history/app/web', [200, found]);
    const { out } = await bulkhead(['replay', '--at', '2026-01-01T01:00:00+01:00', 'app', 'web']);
    expect(api.received[0]?.url).toContain(`at=${encodeURIComponent('2026-01-01T00:00:00.000Z')}`);
    expect(out).toContain('journal api, position 5 (recorded 2026-01-01T00:00:00.000Z');
  });
});

describe('errors', () => {
  it.each([
    [404, EXIT.notFound],
    [401, EXIT.denied],
    [403, EXIT.denied],
    [409, EXIT.refused],
    [422, EXIT.refused],
    [500, EXIT.unavailable],
  ])('a %i of the API ends with %i', async (status, exitCode) => {
    api.answer('GET /v1/apps/web', [status, { error: 'no', code: 'some_code' }]);
    const result = await bulkhead(['apps', 'show', 'web', '--json']);
    expect(result.exitCode).toBe(exitCode);
    expect(JSON.parse(result.err)).toMatchObject({ error: { code: 'some_code', message: 'no', exitCode } });
  });

  it.each([
    [['nonsense']],
    [['machine', 'list']],
    [['machine', 'run', 'web', 'x', '--cpus', 'many']],
    [['machine', 'list', 'web', '--what']],
  ])('a wrong command line sends nothing: %j', async (args) => {
    const { exitCode, err } = await bulkhead(args);
    expect({ exitCode, asked: api.received.length }).toEqual({ exitCode: EXIT.usage, asked: 0 });
    expect(err).not.toBe('');
  });

  it('names the place of an answer that is not understood', async () => {
    api.answer('GET /v1/apps/web', [200, { name: 7 }]);
    const { exitCode, err } = await bulkhead(['apps', 'show', 'web']);
    expect(exitCode).toBe(EXIT.unexpected);
    expect(err).toContain('/v1/apps/web');
  });
});

describe('where the platform is', () => {
  const bare = () => ({ HOME: directory, XDG_CONFIG_HOME: directory });

  it('is read from the dev.json of the clone', async () => {
    api.answer('GET /v1/apps', [200, { total_apps: 0, apps: [] }]);
    writeFileSync(
      join(directory, 'dev.json'),
      JSON.stringify({ apiUrl: api.url, adminToken: 'admin', organization: 'personal' }),
      { mode: 0o600 },
    );
    const { exitCode } = await bulkhead(['apps', 'list'], { ...bare(), BULKHEAD_DATA: '.' });
    expect(exitCode).toBe(EXIT.ok);
    expect(api.received[0]).toMatchObject({
      url: '/v1/apps?org_slug=personal',
      authorization: 'Bearer admin',
    });
  });

  it('is refused from a file that others can read', async () => {
    writeFileSync(join(directory, 'dev.json'), '{}', { mode: 0o644 });
    const { exitCode, err } = await bulkhead(['apps', 'list'], { ...bare(), BULKHEAD_DATA: '.' });
    expect(exitCode).toBe(EXIT.usage);
    expect(err).toContain('chmod 600');
  });

  it('is asked for where nothing says it', async () => {
    const { exitCode, err } = await bulkhead(['apps', 'list'], bare());
    expect(exitCode).toBe(EXIT.usage);
    expect(err).toContain('npm start');
  });
});

it.each(['bash', 'zsh', 'fish'])('completion for %s knows nouns, verbs and options', async (shell) => {
  const { out } = await bulkhead(['completion', shell]);
  for (const word of ['machine', 'restart', 'auto-destroy']) expect(out).toContain(word);
});
