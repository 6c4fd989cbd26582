import { readFileSync } from 'node:fs';

const PREFIX = 'FROM_FILE_';

/** Secrets are files, so that no container's configuration holds one: `FROM_FILE_NAME=path` becomes `NAME` in the process alone. */
export function readSecretFiles(environment = process.env) {
  for (const [variable, file] of Object.entries(environment)) {
    if (!variable.startsWith(PREFIX) || file === undefined) continue;
    environment[variable.slice(PREFIX.length)] = readFileSync(file, 'utf8').trim();
    delete environment[variable];
  }
}
