import { readFileSync } from 'node:fs';
import { request } from '../../scripts/lib/http.mjs';
import { waitUntil } from '../../scripts/lib/processes.mjs';
import { SAMPLE_APP, deploySampleApp } from '../../scripts/start/sample-app.mjs';
import { layout } from './state.mjs';

/** Deploys the sample app through the API, as anybody would. */
const apiUrl = 'http://api:4280';
const token = readFileSync(`${layout.init}/admin-token`, 'utf8').trim();
const headers = { authorization: `Bearer ${token}` };

async function hasReadyHost() {
  const answer = await request(`${apiUrl}/api/v1/hosts`, { headers }).catch(() => null);
  return answer?.status === 200 && JSON.parse(answer.text).hosts.some(({ status }) => status === 'ready');
}

if (!(await waitUntil(hasReadyHost, 120_000, 500)))
  throw new Error(`No worker has joined within two minutes, as ${apiUrl} sees it.`);
await deploySampleApp({ apiUrl, token, organization: 'personal', image: 'oci:/images/hello:latest' });
process.stdout.write(`https://${SAMPLE_APP}.bulkhead.localhost:${process.env.PUBLIC_HTTPS_PORT}\n`);
