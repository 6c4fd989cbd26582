import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseJson } from '@bulkhead/contracts';
import { z } from 'zod';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';

/** Where the API is and what opens it. */
export interface Connection {
  readonly apiUrl: string;
  readonly token: string;
  /** Slug of the organization to work in where none is named. */
  readonly organization: string | undefined;
  /** Where this was found, for messages. */
  readonly from: string;
}

const config = z.object({ apiUrl: z.url(), token: z.string().min(1), organization: z.string().optional() });
const devFile = z
  .object({ apiUrl: z.url(), adminToken: z.string().min(1), organization: z.string() })
  .transform(({ apiUrl, adminToken, organization }) => ({ apiUrl, token: adminToken, organization }));

interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
}

/**
 * Finds the connection: BULKHEAD_API_URL with BULKHEAD_TOKEN, else the `dev.json` of a local instance (BULKHEAD_DATA, or `.bulkhead`
 * in this directory or one above), else `~/.config/bulkhead/config.json`. Parts in the environment override those of a file.
 * @throws CliError `no_connection` where nothing says where the platform is
 */
export function findConnection({ environment, directory }: Surroundings): Connection {
  const { BULKHEAD_API_URL, BULKHEAD_TOKEN } = environment;
  const isComplete = BULKHEAD_API_URL !== undefined && BULKHEAD_TOKEN !== undefined;
  const found = isComplete
    ? undefined
    : (readDevFile({ environment, directory }) ?? readConfigFile(environment));
  const apiUrl = BULKHEAD_API_URL ?? found?.apiUrl;
  const token = BULKHEAD_TOKEN ?? found?.token;
  if (apiUrl === undefined || token === undefined) throw noConnection(apiUrl);
  return {
    apiUrl: apiUrl.replace(/\/+$/, ''),
    token,
    organization: environment['BULKHEAD_ORG'] ?? found?.organization,
    from: found?.from ?? 'the environment',
  };
}

function readDevFile({ environment, directory }: Surroundings) {
  const data = environment['BULKHEAD_DATA'];
  const candidates = data
    ? [resolve(directory, data)]
    : ancestors(directory).map((above) => join(above, '.bulkhead'));
  return firstFile(
    candidates.map((candidate) => join(candidate, 'dev.json')),
    devFile,
  );
}

const readConfigFile = (environment: NodeJS.ProcessEnv) =>
  firstFile(
    [join(environment['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'bulkhead', 'config.json')],
    config,
  );

function firstFile<T>(files: readonly string[], schema: z.ZodType<T>): (T & { from: string }) | undefined {
  for (const file of files) {
    const text = readPrivate(file);
    if (text === undefined) continue;
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) return { ...parsed.data, from: file };
    throw new CliError(`${file} is damaged: ${z.prettifyError(parsed.error)}`, {
      code: 'bad_config',
      exitCode: EXIT.usage,
      advice: 'Mend it, or remove it and run npm start again.',
    });
  }
  return undefined;
}

/** It holds a token: one that others can read is refused, so that it is noticed. */
function readPrivate(file: string): string | undefined {
  try {
    if ((statSync(file).mode & 0o077) !== 0)
      throw new CliError(`${file} holds a token, and other users can read it.`, {
        code: 'config_not_private',
        exitCode: EXIT.usage,
        advice: `Run: chmod 600 ${file}`,
      });
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'EACCES')
      throw new CliError(`${file} can't be read: it belongs to whoever started the platform.`, {
        code: 'config_not_readable',
        exitCode: EXIT.denied,
        advice: 'Run this as that user, or set BULKHEAD_API_URL and BULKHEAD_TOKEN.',
        cause: error,
      });
    throw error;
  }
}

const errorCode = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

function ancestors(directory: string): string[] {
  const above = dirname(directory);
  return above === directory ? [directory] : [directory, ...ancestors(above)];
}

const noConnection = (apiUrl: string | undefined) =>
  new CliError(apiUrl === undefined ? 'No platform is known here.' : `No token for ${apiUrl} is known.`, {
    code: 'no_connection',
    exitCode: EXIT.usage,
    advice:
      'Run npm start in a clone, or set BULKHEAD_API_URL and BULKHEAD_TOKEN, or write both as\n' +
      '{"apiUrl": "...", "token": "..."} to ~/.config/bulkhead/config.json (chmod 600).',
  });
