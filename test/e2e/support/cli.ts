import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { platform } from './platform.js';

const BULKHEAD = join(import.meta.dirname, '../../../apps/cli/bin/bulkhead.mjs');

export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line against the platform under test, as its administrator unless told otherwise. */
export const bulkhead = (args: readonly string[], token = platform.adminToken): Promise<Ran> =>
  new Promise((resolve) => {
    const env = {
      ...process.env,
      NODE_OPTIONS: '',
      BULKHEAD_API_URL: platform.apiUrl,
      BULKHEAD_TOKEN: token,
      BULKHEAD_ORG: platform.organization,
    };
    const options = { env, maxBuffer: 64 * 2 ** 20, timeout: 120_000 };
    execFile(process.execPath, [BULKHEAD, ...args], options, (error, out, err) =>
      resolve({ exitCode: error ? Number(error.code ?? -1) : 0, out, err }),
    );
  });
