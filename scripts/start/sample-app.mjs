import { Failure } from '../lib/failure.mjs';
import { request } from '../lib/http.mjs';
import { waitUntil } from '../lib/processes.mjs';

export const SAMPLE_APP = 'hello';

/**
 * Deploys the sample app through the Machines REST API unless it is there already.
 * @param {{ apiUrl: string, token: string, organization: string, image: string }} platform
 * @returns {Promise<boolean>} whether it was made now
 */
export async function deploySampleApp({ apiUrl, token, organization, image }) {
  const call = client(apiUrl, token);
  const app = await call('POST', '/v1/apps', { app_name: SAMPLE_APP, org_slug: organization }, [409, 422]);
  const machines = await call('GET', `/v1/apps/${SAMPLE_APP}/machines`);
  const alive = machines.json.filter(({ state }) => state !== 'destroyed' && state !== 'destroying');
  if (alive.length > 0) return false;
  const { json: machine } = await call('POST', `/v1/apps/${SAMPLE_APP}/machines`, {
    name: `${SAMPLE_APP}-1`,
    config: sampleMachine(image),
  });
  await waitForStart(call, machine);
  return app.status < 300;
}

const sampleMachine = (image) => ({
  image,
  guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 },
  restart: { policy: 'always' },
  services: [
    {
      protocol: 'tcp',
      internal_port: 8080,
      ports: [
        { port: 80, handlers: ['http'], force_https: true },
        { port: 443, handlers: ['tls', 'http'] },
      ],
      concurrency: { type: 'requests', soft_limit: 50, hard_limit: 100 },
    },
  ],
});

async function waitForStart(call, machine) {
  const where = `/v1/apps/${SAMPLE_APP}/machines/${machine.id}`;
  for (let attempt = 0; attempt < 3; attempt++) {
    const waited = await call('GET', `${where}/wait?state=started&timeout=60`, undefined, [408], 70_000);
    if (waited.status === 200) return;
  }
  const { json } = await call('GET', where);
  throw new Failure(
    `The sample app's machine ${machine.id} did not start; its state is ${json.state}.`,
    'See its host’s view in the log of the worker, and: npx bulkhead machine logs hello ' + machine.id,
  );
}

/** Waits until the app answers over TLS from outside, as a browser that trusts the development CA would see it. */
export async function waitForAnswer(url, ca, timeoutMs) {
  let last = 'nothing yet';
  const answered = await waitUntil(
    async () => {
      try {
        const { status, text } = await request(url, { ca, timeoutMs: 5_000 });
        last = `status ${status}: ${text.slice(0, 200)}`;
        return status === 200;
      } catch (error) {
        last = error.message;
        return false;
      }
    },
    timeoutMs,
    200,
  );
  if (!answered) throw new Failure(`${url} does not answer as it should; the last thing seen was: ${last}`);
}

/** Calls the API as JSON. Statuses above 299 are errors but for those in `allowed`. */
function client(apiUrl, token) {
  return async (method, path, body, allowed = [], timeoutMs = 30_000) => {
    const headers = { authorization: `Bearer ${token}` };
    const { status, text } = await request(`${apiUrl}${path}`, { method, body, headers, timeoutMs });
    if (status > 299 && !allowed.includes(status))
      throw new Failure(
        `${method} ${path} answered ${status}: ${text.slice(0, 500)}`,
        'See the log of the api.',
      );
    return { status, json: text ? JSON.parse(text) : null };
  };
}
