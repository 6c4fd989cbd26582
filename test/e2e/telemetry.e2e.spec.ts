import { randomBytes } from 'node:crypto';
import { jest } from '@jest/globals';
import { api, createApp, destroyApp, eventually, sampleImage, waitFor } from './support/platform.js';

jest.setTimeout(300_000);

interface Told {
  readonly type: string;
  readonly trace: string | null;
  readonly actor: { readonly kind: string };
}

describe("a caller's trace", () => {
  let app: string;
  beforeAll(async () => {
    app = await createApp();
  });
  afterAll(() => destroyApp(app));

  it('goes from the request to the VM, and comes back with what its host reports', async () => {
    const trace = randomBytes(16).toString('hex');
    const traceparent = `00-${trace}-${randomBytes(8).toString('hex')}-01`;
    const created = await api(
      'POST',
      `/v1/apps/${app}/machines`,
      { config: { image: await sampleImage(), guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 } } },
      { headers: { traceparent } },
    );
    expect(created.status).toBe(200);
    expect(created.headers.get('fly-trace-id')).toBe(trace);
    const { id } = created.json;
    await waitFor(app, id, 'started');
    const started = await eventually('the start is among the events', async () => {
      const { json } = await api('GET', `/api/v1/events?journal=scheduler&aggregate=machine/${id}`);
      const events = json.events as Told[];
      return events.some(({ type }) => type === 'MachineStarted') && events;
    });
    expect(started.map(({ trace: told }) => told)).toEqual(started.map(() => trace));
    expect(started.find(({ type }) => type === 'MachineStarted')?.actor.kind).toBe('host');
  });

  it('is begun where the caller names none', async () => {
    const { headers } = await api('GET', `/v1/apps/${app}`);
    expect(headers.get('fly-trace-id')).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    expect(headers.get('fly-request-id')).toMatch(/./);
  });
});
