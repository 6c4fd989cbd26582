import { execFile } from 'node:child_process';
import path from 'node:path';

/**
 * The command line, as the platform's administrator.
 * @returns {(args: string[]) => Promise<{ exitCode: number, out: string, err: string }>}
 */
export const bulkheadOf =
  ({ root, dev, node }) =>
  (args) =>
    new Promise((resolve) => {
      const env = {
        PATH: process.env.PATH,
        BULKHEAD_API_URL: dev.apiUrl,
        BULKHEAD_TOKEN: dev.adminToken,
        BULKHEAD_ORG: dev.organization,
      };
      const options = { env, maxBuffer: 256 * 2 ** 20, timeout: 180_000 };
      execFile(node, [path.join(root, 'apps/cli/bin/bulkhead.mjs'), ...args], options, (error, out, err) =>
        resolve({ exitCode: error ? Number(error.code ?? -1) : 0, out, err }),
      );
    });
