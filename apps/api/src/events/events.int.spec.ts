import { startTestPlatform, type TestPlatform } from '../testing/test-platform.js';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
  await platform.call('POST', '/api/v1/organizations', { body: { name: 'others' } });
  for (const [name, org_slug] of [
    ['web', 'personal'],
    ['theirs', 'others'],
  ]) {
    await platform.call('POST', '/v1/apps', { body: { name, org_slug } });
    const body = { config: { image: 'nginx', env: { SECRET: 'hunter2' } } };
    const { json } = await platform.call('POST', `/v1/apps/${name}/machines`, { body });
    await platform.call('GET', `/v1/apps/${name}/machines/${json.id}/wait?timeout=10`);
  }
}, 60_000);
afterAll(() => platform.stop());

type Event = { id: string; position: number; type: string; organization: string };
const page = async (path: string): Promise<{ events: Event[]; next_cursor: string | null }> =>
  (await platform.call('GET', path)).json;
const follow = async (path: string, count: number): Promise<Event[]> => {
  const events: Event[] = [];
  for (let after = ''; ;) {
    const found = await page(`${path}&limit=${count}${after && `&after=${after}`}`);
    if (found.events.length === 0) return events;
    events.push(...found.events);
    after = found.next_cursor ?? '';
  }
};

it.each(['api', 'scheduler'])(
  'of the %s come in the order of the journal, each once, page by page',
  async (journal) => {
    const events = await follow(`/api/v1/events?journal=${journal}`, 3);
    expect(events.length).toBeGreaterThan(6);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(events.map(({ position }) => position)).toEqual(
      events.map(({ position }) => position).toSorted((a, b) => a - b),
    );
    const backwards = await page(`/api/v1/events?journal=${journal}&order=desc&limit=500`);
    expect(backwards.events.map(({ id }) => id)).toEqual(events.map(({ id }) => id).toReversed());
    expect(backwards.next_cursor).toBeNull();
  },
);

it('of an organization are its own', async () => {
  const { json } = await platform.call('GET', '/api/v1/organizations');
  const { id } = json.organizations.find(({ slug }: { slug: string }) => slug === 'others');
  for (const journal of ['api', 'scheduler']) {
    const events = await follow(`/api/v1/organizations/others/events?journal=${journal}`, 100);
    expect(events.length).toBeGreaterThan(0);
    expect(new Set(events.map(({ organization }) => organization))).toEqual(new Set([id]));
  }
});

it('are found by type and aggregate, and show nothing that is sealed', async () => {
  const { events } = await page('/api/v1/events?type=MachineCreated');
  expect(events).toHaveLength(2);
  expect(events[0]).toMatchObject({
    actor: { kind: 'service' },
    data: { config: { image: 'nginx', env: { $sealed: true } } },
  });
  expect(JSON.stringify(await page('/api/v1/events?limit=500'))).not.toMatch(/hunter2|v1\.[0-9a-f]{8}\./);
  expect((await page('/api/v1/events?aggregate=machine/00000000000000')).events).toEqual([]);
});

it('refuse a cursor that is none', async () => {
  for (const after of ['nonsense', Buffer.from('["a",1]').toString('base64url'), 'x'.repeat(600)])
    expect((await platform.call('GET', `/api/v1/events?after=${after}`)).status).toBe(400);
});
