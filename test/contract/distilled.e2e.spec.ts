import { jest } from '@jest/globals';
import { Credentials } from '@distilled.cloud/fly-io/Credentials';
import * as operations from '@distilled.cloud/fly-io/Operations';
import { Effect, Layer, Redacted } from 'effect';
import * as FetchHttpClient from 'effect/unstable/http/FetchHttpClient';
import { api, createApp, destroyApp, eventually, platform, sampleImage } from '../e2e/support/platform.js';

jest.setTimeout(120_000);

/** Decodes every answer against schemas generated from the reference platform's OpenAPI: a strict check of shapes. */
const live = Layer.mergeAll(
  FetchHttpClient.layer,
  Layer.succeed(Credentials, {
    apiKey: Redacted.make(platform.adminToken),
    apiBaseUrl: `${platform.apiUrl}/v1`,
  }),
);
const run = <A>(effect: unknown): Promise<A> =>
  Effect.runPromise(Effect.provide(effect as Effect.Effect<A>, live) as Effect.Effect<A>);

let app_name: string;
let machine_id: string;
let version: string;
const at = () => ({ app_name, machine_id });

beforeAll(async () => {
  app_name = await createApp();
});
afterAll(() => destroyApp(app_name));

it('decodes apps and regions', async () => {
  expect(await run(operations.AppsShow({ app_name }))).toMatchObject({
    name: app_name,
    organization: { slug: platform.organization },
  });
  expect(await run(operations.AppsList({ org_slug: platform.organization }))).toMatchObject({
    apps: expect.any(Array),
  });
  expect(await run(operations.PlatformRegionsGet({}))).toMatchObject({
    regions: [expect.objectContaining({ code: expect.any(String) })],
  });
});

it('decodes a machine as it is created and read', async () => {
  const image = await sampleImage();
  const made = await run<{ id: string; instance_id: string }>(
    operations.MachinesCreate({
      app_name,
      name: 'one',
      config: {
        image,
        env: { GREETING: 'ahoy' },
        guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 },
        checks: { alive: { type: 'tcp', port: 8080, interval: '10s', timeout: '2s' } },
        restart: { policy: 'on-failure', max_retries: 3 },
        stop_config: { signal: 'SIGTERM', timeout: '5s' },
        metadata: { team: 'blue' },
      },
    }),
  );
  machine_id = made.id;
  version = made.instance_id;
  expect(await run(operations.MachinesWait({ ...at(), state: 'started', timeout: 60 }))).toMatchObject({
    ok: true,
    version,
  });
  expect(await run(operations.MachinesShow(at()))).toMatchObject({
    id: machine_id,
    state: 'started',
    host_status: 'ok',
    config: { image, stop_config: { timeout: '5s' }, metadata: { team: 'blue' } },
  });
  expect(await run(operations.MachinesList({ app_name }))).toHaveLength(1);
  expect(await run(operations.MachinesOrgList({ org_slug: platform.organization, limit: 10 }))).toMatchObject(
    {
      machines: expect.any(Array),
    },
  );
});

it('decodes events, versions, processes, metadata and the end of a command', async () => {
  const events = await run<{ type: string }[]>(operations.MachinesListEvents({ ...at(), limit: 10 }));
  expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['launch', 'start']));
  expect(await run(operations.MachinesListVersions(at()))).toMatchObject([{ version }]);
  expect(await run(operations.MachinesListProcesses(at()))).toEqual(
    expect.arrayContaining([expect.objectContaining({ pid: expect.any(Number) })]),
  );
  expect(
    await run(operations.MachinesExec({ ...at(), command: ['/hello', 'say', 'hi'], timeout: 20 })),
  ).toMatchObject({ exit_code: 0 });
  await run(operations.MachinesUpsertMetadata({ ...at(), key: 'role', value: 'web' }));
  expect(await run(operations.MachinesShowMetadata(at()))).toMatchObject({ team: 'blue', role: 'web' });
  expect(await run(operations.MachinesGetMetadataKey({ ...at(), key: 'role' }))).toEqual({ value: 'web' });
  await run(operations.MachinesDeleteMetadata({ ...at(), key: 'role' }));
});

it('takes, shows and gives back a lease', async () => {
  // Its own model of a lease lacks the envelope that other clients need, so only the status is checked by it.
  await run(operations.MachinesCreateLease({ ...at(), ttl: 5 }));
  await run(operations.MachinesShowLease(at()));
  await expect(run(operations.MachinesStop({ ...at(), signal: 'SIGTERM' }))).rejects.toThrow();
  const path = `/v1/apps/${app_name}/machines/${machine_id}/lease`;
  expect((await api('DELETE', path)).status).toBe(409);
});

it('ends with the machine gone', async () => {
  const path = `/v1/apps/${app_name}/machines/${machine_id}`;
  await run(operations.MachinesCordon(at())).then(
    () => expect('a leased machine').toBe('refused'),
    (error: unknown) => expect(String(error)).not.toBe(''),
  );
  // The lease was taken without keeping its nonce, so it is left to run out.
  await eventually('the lease has run out', async () => (await api('GET', `${path}/lease`)).status === 404);
  await run(operations.MachinesStop({ ...at(), signal: 'SIGTERM', timeout: '5s' }));
  await run(operations.MachinesWait({ ...at(), state: 'stopped', timeout: 60 }));
  await run(operations.MachinesStart(at()));
  await run(operations.MachinesWait({ ...at(), state: 'started', timeout: 60 }));
  await run(operations.MachinesDelete({ ...at(), force: true }));
  await run(operations.MachinesWait({ ...at(), state: 'destroyed', timeout: 60 }));
});
