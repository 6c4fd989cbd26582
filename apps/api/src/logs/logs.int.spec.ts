import type { MachineId } from '@bulkhead/domain';
import { logSubject, newHostId, newInstanceId, newMachineId, type LogLine } from '@bulkhead/contracts';
import { startTestPlatform, type TestPlatform } from '../testing/test-platform.js';

let platform: TestPlatform;
let owner: string;
const apps: Record<string, string> = {};
beforeAll(async () => {
  platform = await startTestPlatform();
  owner = (await platform.call('GET', '/api/v1/organizations')).json.organizations[0].id;
  for (const name of ['web', 'other'])
    apps[name] = (await platform.call('POST', '/v1/apps', { body: { name, org_slug: 'personal' } })).json.id;
}, 60_000);
afterAll(() => platform.stop());

const instance = newInstanceId();
const line = (machine: MachineId, text: string, more: Partial<LogLine> = {}): LogLine => ({
  at: Date.parse('2026-01-02T03:04:05.678Z'),
  machine,
  instance,
  region: 'dev',
  stream: 'stdout',
  text,
  cut: false,
  ...more,
});
/** A machine of an app, placed on the scripted scheduler's only host. */
const machineOf = async (app: string): Promise<MachineId> => {
  const { json } = await platform.call('POST', `/v1/apps/${app}/machines`, {
    body: { config: { image: 'app:1' } },
  });
  return json.id;
};
const write = (app: string, ...lines: LogLine[]) => writeFrom(platform.scheduler.host, app, ...lines);
const writeFrom = async (host: string, app: string, ...lines: LogLine[]) => {
  const connection = await platform.nats.connect('worker');
  const subject = logSubject(host, owner, apps[app] ?? '');
  await connection.jetstream().publish(subject, JSON.stringify({ lines }));
};
const read = async (query = '') => (await platform.call('GET', `/api/v1/apps/web/logs${query}`)).json;
const messages = (page: { data: { attributes: { message: string } }[] }) =>
  page.data.map(({ attributes }) => attributes.message);

it('gives the newest lines first, then what came since', async () => {
  const [one, two, foreign] = [await machineOf('web'), await machineOf('web'), await machineOf('other')];
  expect(await read()).toEqual({ data: [], meta: { next_token: expect.any(String) } });
  await write('web', line(one, 'a'), line(one, 'b', { stream: 'stderr' }));
  await write('other', line(foreign, 'not mine'));
  await write('web', line(two, 'c', { region: 'far' }));
  const first = await read();
  expect(messages(first)).toEqual(['a', 'b', 'c']);
  expect(first.data[1]).toMatchObject({
    attributes: { timestamp: '2026-01-02T03:04:05.678Z', level: 'error', instance: one, region: 'dev' },
  });
  const empty = await read(`?next_token=${first.meta.next_token}`);
  expect(messages(empty)).toEqual([]);
  await write('web', line(one, 'd'));
  const next = await read(`?next_token=${empty.meta.next_token}`);
  expect(messages(next)).toEqual(['d']);
  expect(messages(await read(`?instance=${two}`))).toEqual(['c']);
  expect(messages(await read('?region=far'))).toEqual(['c']);
});

it('goes on where a page was full, and misses nothing', async () => {
  const machine = await machineOf('web');
  const { meta } = await read();
  for (let batch = 0; batch < 4; batch++)
    await write('web', ...Array.from({ length: 200 }, (_, index) => line(machine, `${batch}-${index}`)));
  const seen: string[] = [];
  for (let token = meta.next_token; ;) {
    const page = await read(`?next_token=${token}`);
    if (page.data.length === 0) break;
    seen.push(...messages(page));
    token = page.meta.next_token;
  }
  expect(new Set(seen).size).toBe(800);
  expect(seen.at(-1)).toBe('3-199');
});

it('believes a host about machines that are or were placed on it, and drops the rest', async () => {
  const [mine, gone, others] = [await machineOf('web'), await machineOf('web'), await machineOf('other')];
  await platform.call('DELETE', `/v1/apps/web/machines/${gone}?force=true`);
  const { meta } = await read();
  await writeFrom(newHostId(), 'web', line(mine, 'from a host that never had it'));
  await write('web', line(others, 'of another app'), line(newMachineId(), 'of no machine'));
  await write('web', line(mine, 'placed'), line(gone, 'was placed'));
  expect(messages(await read(`?next_token=${meta.next_token}`))).toEqual(['placed', 'was placed']);
  expect(platform.log.filter((entry) => entry.includes('output of machines it never had'))).toHaveLength(2);
});

it('refuses a token of another list', async () => {
  expect((await read('?next_token=nonsense')).code).toBe('invalid_cursor');
});
