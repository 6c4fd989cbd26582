import { jest } from '@jest/globals';
import { Machine } from 'fly-io-api';
import { createApp, destroyApp, eventually, platform, sampleImage } from '../e2e/support/platform.js';

jest.setTimeout(120_000);

let app: string;
let fly: Machine;
let machineId: string;

beforeAll(async () => {
  app = await createApp();
  fly = new Machine(app, platform.adminToken, platform.apiUrl);
  const made = await fly.create({ config: { name: 'one', config: { image: await sampleImage() } } } as never);
  machineId = made.id as string;
  expect(await fly.waitFor({ machineId, state: 'started', timeout: 60 } as never)).toMatchObject({
    ok: true,
  });
});
afterAll(() => destroyApp(app));

it('lists and gets', async () => {
  expect((await fly.list()).map(({ id }) => id)).toEqual([machineId]);
  expect(await fly.get({ machineId })).toMatchObject({ id: machineId, state: 'started' });
});

it('runs a command', async () => {
  expect(await fly.exec({ machineId, command: ['/hello', 'say', 'hi'], timeout: 20 })).toMatchObject({
    exit_code: 0,
    stdout: 'hi\n',
  });
  expect(await fly.listProcesses({ machineId })).toEqual(
    expect.arrayContaining([expect.objectContaining({ pid: expect.any(Number) })]),
  );
});

it('keeps metadata', async () => {
  await fly.upsertMetadata({ machineId, key: 'team', value: 'blue' } as never);
  expect(await fly.getMetadata({ machineId })).toMatchObject({ team: 'blue' });
  expect(await fly.getMetadataVal({ machineId, key: 'team' })).toEqual({ value: 'blue' });
});

it('updates and lists versions and events', async () => {
  const { config } = await fly.get({ machineId });
  const updated = await fly.update({
    machineId,
    config: { ...config, env: { GREETING: 'servus' } },
  } as never);
  await fly.waitFor({ machineId, state: 'started', timeout: 60 } as never);
  const versions = (await fly.listVersions({ machineId })) as unknown as { version: string }[];
  expect(versions[0]?.version).toBe(updated.instance_id);
  expect(await fly.listEvents({ machineId, limit: 10 })).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ type: 'launch' }),
      expect.objectContaining({ type: 'update' }),
    ]),
  );
});

it('stops, starts, signals and cordons', async () => {
  await fly.stop({ machineId } as never);
  await fly.waitFor({ machineId, state: 'stopped', timeout: 60 } as never);
  await fly.start({ machineId });
  await fly.waitFor({ machineId, state: 'started', timeout: 60 } as never);
  await fly.signal({ machineId, signal: 'SIGHUP' } as never);
  await fly.cordon({ machineId });
  await fly.uncordon({ machineId });
});

it('says what went wrong', async () => {
  await expect(fly.get({ machineId: '00000000000000' })).rejects.toMatchObject({
    status: 404,
    body: { error: 'machine not found', code: 'not_found' },
  });
});

it('takes a lease and lets it run out, then destroys', async () => {
  expect(await fly.createLease({ machineId, ttl: 1, description: 'contract' } as never)).toMatchObject({
    status: 'success',
  });
  // It gives leases back under a header of its own that nobody reads: this one runs out.
  await eventually('the lease has run out', () =>
    fly.getLease({ machineId }).then(
      () => false,
      () => true,
    ),
  );
  await fly.delete({ machineId, force: true });
  await fly.waitFor({ machineId, state: 'destroyed', timeout: 60 } as never);
});
