import { succeeds, outputOf, run } from '../lib/run.mjs';

export const ACCOUNT_NAMES = [
  'postgres',
  'migrate',
  'nats',
  'vault',
  'scheduler',
  'api',
  'audit',
  'worker',
  'edge',
];

/**
 * @typedef {{ name: string, uid: number, gid: number }} Account
 * @typedef {Record<string, Account | null>} Accounts null: whoever runs this
 */

/**
 * One unprivileged system user per service, where this runs as root. They are entries of /etc/passwd and no bare numbers: Postgres
 * refuses to run under a user without one, `ps` shows who is who, and no other program is given the same number.
 * @returns {Promise<Accounts>}
 */
export async function provideAccounts(say) {
  const accounts = {};
  for (const service of ACCOUNT_NAMES)
    accounts[service] = process.getuid() === 0 ? await provideAccount(`bulkhead-${service}`, say) : null;
  return accounts;
}

async function provideAccount(name, say) {
  const existing = findAccount(name);
  if (existing) return existing;
  say(`adding the system user ${name}`);
  await run('useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--home-dir=/nonexistent',
    '--shell=/usr/sbin/nologin',
    name,
  ]);
  return findAccount(name);
}

/** @returns {Account | null} null where there is no such user */
export function findAccount(name) {
  const fields = outputOf('getent', ['passwd', name])?.trim().split(':');
  return fields ? { name, uid: Number(fields[2]), gid: Number(fields[3]) } : null;
}

const asAccount = (account) => [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups', '--'];

/** Whether an account really gets at a file or directory: tried as that account, since modes of every parent count. */
export const canAccess = (account, mode, file) =>
  account === null || succeeds('setpriv', [...asAccount(account), 'test', `-${mode}`, file]);
