import { jest } from '@jest/globals';
import flyAdmin from 'fly-admin/dist/client.js';
import { MachineState } from 'fly-admin/dist/lib/machine.js';
import { api, destroyApp, eventually, freshName, platform, sampleImage } from '../e2e/support/platform.js';

jest.setTimeout(120_000);

const Client = flyAdmin.default;
const fly = new Client(platform.adminToken, { apiUrl: platform.apiUrl, graphqlUrl: platform.apiUrl });
const app_name = freshName('fly-admin');
const command = { app_name, machine_id: '' };
let instance: string;

const waitFor = (state: MachineState, instance_id = instance) =>
  fly.Machine.waitMachine({ ...command, state, instance_id, timeout: '60s' } as never);

beforeAll(async () => {
  await fly.App.createApp({ app_name, org_slug: platform.organization });
});
/** The last test destroys it, where all goes well. */
afterAll(async () => {
  if ((await api('GET', `/v1/apps/${app_name}`)).status === 200) await destroyApp(app_name);
});

it('knows organization, regions and app', async () => {
  const organization = await fly.Organization.getOrganization(platform.organization);
  expect(organization).toMatchObject({
    organization: { slug: platform.organization, type: 'PERSONAL', viewerRole: 'admin' },
  });
  const regions = await fly.Regions.getRegions();
  expect(regions.platform.regions.length).toBeGreaterThan(0);
  expect(await fly.App.getApp(app_name)).toMatchObject({
    name: app_name,
    organization: { slug: platform.organization },
  });
  const listed = await fly.App.listApps(platform.organization as never);
  expect(listed.apps.map(({ name }: { name: string }) => name)).toContain(app_name);
});

it('creates a machine and waits for it', async () => {
  const config = {
    image: await sampleImage(),
    env: { GREETING: 'ahoy' },
    guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 },
  };
  const made = await fly.Machine.createMachine({ app_name, name: 'one', config } as never);
  expect(made).toMatchObject({
    name: 'one',
    config: { env: { GREETING: 'ahoy' } },
    private_ip: expect.any(String),
  });
  command.machine_id = made.id;
  instance = made.instance_id;
  expect(await waitFor(MachineState.Started)).toMatchObject({ ok: true });
  expect((await fly.Machine.listMachines(app_name)).map(({ id }) => id)).toEqual([made.id]);
  expect(await fly.Machine.getMachine(command)).toMatchObject({ state: 'started' });
});

it('holds a lease, and can be kept out by one', async () => {
  const lease = await fly.Machine.acquireLease({ ...command, ttl: 5 } as never);
  expect(lease).toMatchObject({
    status: 'success',
    data: { nonce: expect.any(String), expires_at: expect.any(Number) },
  });
  expect(await fly.Machine.getLease(command)).toMatchObject({ status: 'success' });
  await expect(fly.Machine.stopMachine(command as never)).rejects.toThrow(/^409: /);
  // It knows no way to give a lease back: this one runs out.
  await eventually('the lease has run out', () =>
    fly.Machine.getLease(command).then(
      () => false,
      () => true,
    ),
  );
});

it('stops, starts, restarts and cordons', async () => {
  await fly.Machine.stopMachine({ ...command, timeout: '5s' } as never);
  await waitFor(MachineState.Stopped);
  await fly.Machine.startMachine(command);
  await waitFor(MachineState.Started);
  await fly.Machine.cordonMachine(command);
  await fly.Machine.uncordonMachine(command);
  await fly.Machine.restartMachine(command as never);
  await waitFor(MachineState.Started);
});

it('updates, and lists versions, events and processes', async () => {
  const { config } = await fly.Machine.getMachine(command);
  const updated = await fly.Machine.updateMachine({
    ...command,
    config: { ...config, env: { GREETING: 'servus' } },
  } as never);
  expect(updated.instance_id).not.toBe(instance);
  instance = updated.instance_id;
  await waitFor(MachineState.Started);
  expect((await fly.Machine.listVersions(command)).length).toBeGreaterThan(1);
  const events = await fly.Machine.listEvents(command);
  expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['launch', 'start', 'update']));
  expect(await fly.Machine.listProcesses(command as never)).toEqual(
    expect.arrayContaining([expect.objectContaining({ pid: expect.any(Number) })]),
  );
});

it('destroys', async () => {
  await expect(fly.Machine.deleteMachine(command)).rejects.toThrow(/^4\d\d: /);
  await fly.Machine.deleteMachine({ ...command, force: true });
  await waitFor(MachineState.Destroyed);
  expect(await fly.Machine.listMachines(app_name)).toEqual([]);
  await fly.App.deleteApp(app_name as never);
  await expect(fly.App.getApp(app_name)).rejects.toThrow(/^404: /);
});
