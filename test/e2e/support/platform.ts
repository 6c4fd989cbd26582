import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** What `npm start` leaves for scripts; the tests know nothing else of the platform. */
const devFile = z.object({
  apiUrl: z.string(),
  edge: z.object({ http: z.string(), https: z.string(), domain: z.string() }),
  caFile: z.string(),
  adminToken: z.string(),
  organization: z.string(),
  sampleApp: z.object({ name: z.string(), url: z.string() }),
});

const path = process.env['BULKHEAD_DEV_JSON'];
if (!path) throw new Error('BULKHEAD_DEV_JSON must name the dev.json of a running platform');
export const platform = devFile.parse(JSON.parse(readFileSync(path, 'utf8')));
const ca = readFileSync(platform.caFile);

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // The tests look into answers of many shapes; a wrong look fails the expectation that uses it.
  readonly json: ReturnType<typeof JSON.parse>;
}

/** One call of the API. */
export async function api(
  method: string,
  path: string,
  body?: unknown,
  {
    token = platform.adminToken,
    headers = {},
  }: { token?: string | null; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const response = await fetch(`${platform.apiUrl}${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parse(text) };
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** A request through the edge, as a browser that trusts the development CA makes it. */
export function visit(
  app: string,
  path = '/',
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; headers: Record<string, unknown>; text: string }> {
  const { port } = new URL(platform.edge.https);
  const name = `${app}.${platform.edge.domain}`;
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        host: '127.0.0.1',
        port,
        servername: name,
        path,
        method: options.method ?? 'GET',
        headers: { host: name, ...options.headers },
        ca,
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    request.once('error', reject);
    request.end(options.body);
  });
}

export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  withinMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      last = error;
    }
    await sleep(200);
  }
  throw new Error(`${what} did not come about within ${withinMs} ms`, { cause: last });
}

export const freshName = (what: string) => `${what}-${randomBytes(4).toString('hex')}`;

/** The sample app's image, as the platform itself runs it. */
export async function sampleImage(): Promise<string> {
  const { json } = await api('GET', `/v1/apps/${platform.sampleApp.name}/machines`);
  return json[0].config.image;
}

export async function createApp(options: { token?: string; organization?: string } = {}): Promise<string> {
  const name = freshName('e2e');
  const answer = await api(
    'POST',
    '/v1/apps',
    { app_name: name, org_slug: options.organization ?? platform.organization },
    options.token ? { token: options.token } : {},
  );
  if (answer.status >= 300) throw new Error(`app ${name}: ${answer.status} ${answer.text}`);
  return name;
}

export const webService = {
  protocol: 'tcp',
  internal_port: 8080,
  ports: [
    { port: 80, handlers: ['http'] },
    { port: 443, handlers: ['tls', 'http'] },
  ],
};

export async function createMachine(
  app: string,
  config: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
) {
  const answer = await api('POST', `/v1/apps/${app}/machines`, {
    ...more,
    config: {
      image: await sampleImage(),
      guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 },
      services: [webService],
      ...config,
    },
  });
  if (answer.status >= 300) throw new Error(`machine of ${app}: ${answer.status} ${answer.text}`);
  return answer.json;
}

/** Waits as clients do: by the API's own wait, again where its minute is over. */
export async function waitFor(app: string, machine: string, state: string, instance?: string): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const query = `state=${state}&timeout=60${instance ? `&instance_id=${instance}` : ''}`;
    const answer = await api('GET', `/v1/apps/${app}/machines/${machine}/wait?${query}`);
    if (answer.status === 200) return;
    if (answer.status !== 408) throw new Error(`wait: ${answer.status} ${answer.text}`);
  }
  const { text } = await api('GET', `/v1/apps/${app}/machines/${machine}`);
  throw new Error(`machine ${machine} never came to be ${state}: ${text}`);
}

export async function destroyApp(app: string): Promise<void> {
  const { json } = await api('GET', `/v1/apps/${app}/machines`);
  for (const { id } of Array.isArray(json) ? json : [])
    await api('DELETE', `/v1/apps/${app}/machines/${id}?force=true`);
  await eventually('every machine is gone', async () => {
    const left = (await api('GET', `/v1/apps/${app}/machines`)).json;
    return Array.isArray(left) && left.every(({ state }: { state: string }) => state === 'destroyed');
  });
  await api('DELETE', `/v1/apps/${app}`);
}
