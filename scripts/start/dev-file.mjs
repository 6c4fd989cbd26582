import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** The organization that a new platform has. */
const ORGANIZATION = 'personal';

/** How scripts and the CLI reach an instance. */
export function describeInstance({ settings, layout, ports, adminToken, app }) {
  const { domain } = settings;
  return {
    apiUrl: `http://127.0.0.1:${ports.API}`,
    edge: {
      http: `http://127.0.0.1:${ports.EDGE_HTTP}`,
      https: `https://127.0.0.1:${ports.EDGE_HTTPS}`,
      domain,
    },
    caFile: layout.caFile,
    adminToken,
    organization: ORGANIZATION,
    sampleApp: { name: app, url: `https://${app}.${domain}:${ports.EDGE_HTTPS}` },
  };
}

/** Writes the description. It holds the admin token, so it is its owner's alone. */
export function writeDevFile(file, description) {
  const fresh = `${file}.new`;
  rmSync(fresh, { force: true });
  writeFileSync(fresh, `${JSON.stringify(description, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(fresh, file);
}
