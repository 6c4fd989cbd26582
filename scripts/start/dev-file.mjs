import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** Writes what scripts and the CLI need to reach this instance. It holds the admin token, so it is its owner's alone. */
export function writeDevFile(file, content) {
  const fresh = `${file}.new`;
  rmSync(fresh, { force: true });
  writeFileSync(fresh, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(fresh, file);
}
