import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

export const DATABASE_SERVICES = ['vault', 'scheduler', 'api', 'audit'];

/** A password per database role, made once and kept in a file for whoever starts the platform alone. */
export function providePasswords(file) {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const fresh = () => randomBytes(24).toString('hex');
  const passwords = Object.fromEntries(['postgres', ...DATABASE_SERVICES].map((role) => [role, fresh()]));
  writeFileSync(file, JSON.stringify(passwords, null, 2), { mode: 0o600, flag: 'wx' });
  return passwords;
}
