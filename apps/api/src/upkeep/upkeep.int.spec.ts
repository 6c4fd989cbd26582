import { eventually } from '@bulkhead/testing';
import { startTestPlatform, type TestPlatform } from '../testing/test-platform.js';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startTestPlatform();
}, 60_000);
afterAll(() => platform.stop());

const createApp = (name: string) =>
  platform.call('POST', '/v1/apps', { body: { app_name: name, org_slug: 'personal' } });

/** What operators ordered, as the journal has it. */
async function ordered(): Promise<{ action: string; subject: string; actor: string }[]> {
  const { json } = await platform.call('GET', '/api/v1/events?journal=api&type=InterventionOrdered');
  return json.events.map(
    ({ data, actor }: { data: { action: string; subject: string }; actor: { kind: string } }) => ({
      action: data.action,
      subject: data.subject,
      actor: actor.kind,
    }),
  );
}

async function replay(projection: string, swap = false) {
  const { status, json } = await platform.call('POST', '/api/v1/replays', {
    body: { service: 'api', projection, swap },
  });
  expect(status).toBe(202);
  return eventually(async () => {
    const found = (await platform.call('GET', `/api/v1/replays/${json.id}`)).json;
    return found.state === 'running' ? undefined : found;
  });
}

describe('services', () => {
  it('say how they are; one that is silent is named with the reason', async () => {
    const { json } = await platform.call('GET', '/api/v1/services');
    const [api, ...others] = json.services;
    expect(api).toMatchObject({ service: 'api', problem: null, waiting_for: {} });
    expect(Math.abs(api.clock_difference_ms)).toBeLessThan(1_000);
    expect(new Date(api.certificate_expires_at).getTime()).toBeGreaterThan(Date.now());
    for (const other of others) expect(other.problem).not.toBe(null);
  });

  it('show their journals beside the streams that carry them', async () => {
    const { json } = await platform.call('GET', '/api/v1/journals');
    const api = json.journals.find(({ service }: { service: string }) => service === 'api');
    expect(api).toMatchObject({
      problem: null,
      surplus: 0,
      relay: { state: 'carrying' },
      stream: { first_sequence: 1, drift: [] },
    });
    expect(api.projections.map(({ name }: { name: string }) => name)).toEqual([
      'api-tenants',
      'api-machines',
    ]);
  });
});

describe('a replay', () => {
  beforeAll(() => createApp('replayed'));

  it('finds no drift where nobody meddled, and is an order of nobody', async () => {
    expect(await replay('api-tenants')).toMatchObject({
      state: 'done',
      report: { drift: [], drifted: [], parked: [], swapped: false, rows: { app: 1, organization: 1 } },
    });
    expect(await ordered()).toEqual([]);
  });

  it('names what drifted without ciphertext, and swaps on request, which is recorded', async () => {
    const { json: machine } = await platform.call('POST', '/v1/apps/replayed/machines', {
      body: { config: { image: 'nginx', env: { PASSWORD: 'hunter2' } } },
    });
    await platform.call('GET', `/v1/apps/replayed/machines/${machine.id}/wait?state=started&timeout=10`);
    await platform.service.api.database.query(`update api.machine set region = 'meddled'`);
    const { report } = await replay('api-machines');
    expect(report.drifted).toEqual([
      { table: 'machine', side: 'live', rows: 1 },
      { table: 'machine', side: 'replayed', rows: 1 },
    ]);
    expect(report.drift[0].row).toContain('"meddled"');
    const rows: string[] = report.drift.map(({ row }: { row: string }) => row);
    expect(rows).toEqual([expect.stringContaining('"$sealed":true'), expect.anything()]);
    for (const row of rows) expect(row).not.toMatch(/"\$sealed":"/);
    expect(await replay('api-machines', true)).toMatchObject({ report: { swapped: true } });
    expect(await replay('api-machines')).toMatchObject({ report: { drift: [] } });
    expect(await ordered()).toEqual([{ action: 'swap-projection', subject: 'api-machines', actor: 'token' }]);
  });

  it.each([
    [{ service: 'api', projection: 'nothing' }, 404],
    [{ service: 'nobody', projection: 'api-tenants' }, 400],
  ])('of %j does not begin', async (body, status) => {
    expect((await platform.call('POST', '/api/v1/replays', { body })).status).toBe(status);
  });
});

describe('parked work', () => {
  const name = { service: 'api', reader: 'api-tenants' };
  let work: string;

  it('is shown with its error', async () => {
    await platform.superuser.query(`alter table api.app add constraint unlucky check (name <> 'unlucky')`);
    await createApp('unlucky');
    const { parked } = await eventually(async () => {
      const { json } = await platform.call('GET', '/api/v1/parked');
      return json.total > 0 && json;
    });
    expect(parked).toEqual([
      expect.objectContaining({ ...name, kind: 'projection', error: expect.stringContaining('unlucky') }),
    ]);
    work = parked[0].work;
  });

  it('stays parked where a retry fails again', async () => {
    const answer = await platform.call('POST', '/api/v1/parked/retry', { body: { ...name, work } });
    expect(answer).toMatchObject({ status: 422, json: { code: 'still_failing' } });
    expect((await platform.call('GET', '/api/v1/parked')).json.total).toBe(1);
  });

  it('is followed again once its cause is gone, and who ordered it is in the journal', async () => {
    await platform.superuser.query('alter table api.app drop constraint unlucky');
    expect((await platform.call('POST', '/api/v1/parked/retry', { body: { ...name, work } })).status).toBe(
      200,
    );
    expect((await platform.call('GET', '/v1/apps/unlucky')).status).toBe(200);
    expect((await ordered()).slice(-2)).toEqual(
      Array(2).fill({ action: 'retry-parked', subject: `api-tenants ${work}`, actor: 'token' }),
    );
  });

  it('can be passed over for good, once', async () => {
    await platform.service.api.database.query(
      `insert into api.parked (reader, aggregate, version, position, error) values ('api-tenants', 'app/x', 1, 1, 'no')`,
    );
    const discard = () =>
      platform.call('POST', '/api/v1/parked/discard', { body: { ...name, work: 'app/x' } });
    expect((await discard()).status).toBe(200);
    expect(await discard()).toMatchObject({ status: 404, json: { code: 'not_parked' } });
    expect((await platform.call('GET', '/api/v1/parked')).json.total).toBe(0);
  });
});

describe('history', () => {
  it('shows an app at a position and at a time, and nothing before it was', async () => {
    const made = (await createApp('past')).json;
    const { json } = await platform.call('GET', `/api/v1/events?journal=api&aggregate=app/${made.id}`);
    const [{ position, recorded_at }] = json.events;
    const at = (when: string | number) => platform.call('GET', `/api/v1/history/app/past?at=${when}`);
    expect((await at(position)).json).toMatchObject({
      id: made.id,
      journal: 'api',
      position,
      recorded_at,
      version: 1,
      state: { status: 'active', name: 'past' },
    });
    expect((await at(recorded_at)).json).toMatchObject({ version: 1 });
    await platform.call('DELETE', '/v1/apps/past');
    expect(
      (await platform.call('GET', `/api/v1/history/app/${made.id}?at=${position}`)).json.state.status,
    ).toBe('active');
    expect((await at(position - 1)).status).toBe(404);
    expect(await at(1_000_000)).toMatchObject({ status: 404, json: { code: 'not_in_journal' } });
    expect((await at('once')).status).toBe(400);
  });
});

describe('a journal', () => {
  it('has nothing to take in where its stream is not ahead', async () => {
    expect((await platform.call('GET', '/api/v1/journals/api/surplus')).json).toEqual({
      total: 0,
      envelopes: [],
    });
    const adopt = await platform.call('POST', '/api/v1/journals/api/reconcile', { body: { how: 'adopt' } });
    expect(adopt).toMatchObject({ status: 409, json: { code: 'no_surplus' } });
  });

  it('begins a new epoch on request and goes on', async () => {
    const epoch = async () =>
      (await platform.call('GET', '/api/v1/journals')).json.journals[0].head.epoch as string;
    const before = await epoch();
    const begun = await platform.call('POST', '/api/v1/journals/api/reconcile', {
      body: { how: 'new-epoch' },
    });
    expect(begun.status).toBe(200);
    expect(await epoch()).toBe(begun.json.epoch);
    expect(begun.json.epoch).not.toBe(before);
    await createApp('afterwards');
    await eventually(async () => (await platform.call('GET', '/v1/apps/afterwards')).status === 200);
    expect((await ordered()).at(-1)).toMatchObject({ action: 'start-epoch' });
  });
});
