import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { instanceRow, type InstanceRow } from '@bulkhead/contracts/feeds';
import { newAppId, newHostId, newInstanceId, newMachineId, newOrganizationId } from '@bulkhead/contracts/ids';
import { z } from 'zod';
import { converse } from './conversation.js';
import { Program } from './programs.js';
import { Proxy } from './proxy.js';
import { Recorder } from './recorder.js';
import { lastRequest } from './requests.js';
import { DOMAIN, hostOf, LANES } from './views.js';

const EDGE = join(import.meta.dirname, '../../apps/edge/src');
const listening = z.object({ msg: z.literal('listening'), http: z.int() });

/** A whole edge, as it is deployed, from its sources; its apps are named after the lanes. */
export async function startBulkhead(directory: string): Promise<Proxy> {
  await mkdir(directory, { recursive: true });
  const recorders = await Promise.all(LANES.map(() => Recorder.start()));
  const routes = join(directory, 'rows.json');
  await writeFile(routes, JSON.stringify(LANES.map((app, lane) => rowOf(app, recorders[lane]?.port ?? 0))));
  const program = Program.start(
    process.execPath,
    [
      '--no-warnings',
      '--conditions=source',
      '--import',
      join(EDGE, 'testing/run-from-source.mjs'),
      join(EDGE, 'main.ts'),
    ],
    {
      env: {
        PATH: process.env['PATH'],
        BULKHEAD_SERVICE_DIR: directory,
        BULKHEAD_EDGE_HTTP_PORT: '0',
        BULKHEAD_EDGE_HTTPS_PORT: '0',
        BULKHEAD_EDGE_THREADS: '1',
        BULKHEAD_EDGE_DOMAIN: DOMAIN,
        BULKHEAD_EDGE_ROUTES_FILE: routes,
        // No control plane is there, and none is needed.
        BULKHEAD_VAULT_URL: 'https://127.0.0.1:1',
        BULKHEAD_NATS_URL: 'nats://127.0.0.1:1',
      },
    },
  );
  const port = await program.line((line) => {
    const found = line.startsWith('{') ? listening.safeParse(JSON.parse(line)) : undefined;
    return found?.success ? found.data.http : undefined;
  });
  const proxy = new Proxy(
    program,
    recorders.map((recorder) => ({ port, recorder })),
  );
  await Promise.all(LANES.map((_, lane) => knowsItsRoute(port, lane)));
  await Promise.all(recorders.map((recorder) => recorder.take()));
  return proxy;
}

/** Routes arrive when they arrive; until then a name is a stranger's. */
async function knowsItsRoute(port: number, lane: number): Promise<void> {
  while (!(await converse(port, lastRequest(hostOf(lane)), 'at once')).text.startsWith('HTTP/1.1 200'));
}

function rowOf(app: string, port: number): InstanceRow {
  return instanceRow.parse({
    machine: newMachineId(),
    app: newAppId(),
    appName: app,
    organization: newOrganizationId(),
    generation: { epoch: 1, count: 1 },
    instance: newInstanceId(),
    host: newHostId(),
    region: 'loc',
    worker: null,
    reach: { kind: 'forward', ports: { '8080': port } },
    started: true,
    cordoned: false,
    healthy: true,
    services: [
      {
        protocol: 'tcp',
        internal_port: 8080,
        ports: [{ port: 80, handlers: ['http'], force_https: false, hsts: false }],
        concurrency: { type: 'requests', soft_limit: 20, hard_limit: 25 },
      },
    ],
  });
}
