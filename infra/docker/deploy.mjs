import { readFileSync } from 'node:fs';
import { answers } from '../../scripts/lib/http.mjs';
import { waitUntil } from '../../scripts/lib/processes.mjs';
import { SAMPLE_APP, deploySampleApp } from '../../scripts/start/sample-app.mjs';
import { layout } from './state.mjs';

/** Deploys the sample app through the API, as anybody would. */
const apiUrl = 'http://api:4280';
const token = readFileSync(`${layout.init}/admin-token`, 'utf8').trim();
const headers = { authorization: `Bearer ${token}` };
if (!(await waitUntil(() => answers(`${apiUrl}/v1/apps?org_slug=personal`, { headers }), 120_000, 500)))
  throw new Error(`${apiUrl} does not answer`);
await deploySampleApp({ apiUrl, token, organization: 'personal', image: 'oci:/images/hello:latest' });
process.stdout.write(`https://${SAMPLE_APP}.bulkhead.localhost:8443\n`);
