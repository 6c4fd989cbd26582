import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

export const DATABASE_SERVICES = ['vault', 'scheduler', 'api', 'audit'];

/** Whoever owns a service's schema: known to the step that migrates it, and never to the service. */
export const ownerOf = (service) => `${service}_owner`;

const ROLES = DATABASE_SERVICES.flatMap((service) => [service, ownerOf(service)]);

/** A password per database role, made once and kept in a file for whoever starts the platform alone. Roles that are new get theirs. */
export function providePasswords(file) {
  const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const missing = ['postgres', ...ROLES].filter((role) => !(role in kept));
  if (missing.length === 0) return kept;
  const passwords = { ...kept, ...Object.fromEntries(missing.map((role) => [role, freshPassword()])) };
  writeFileSync(`${file}.new`, JSON.stringify(passwords, null, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return passwords;
}

const freshPassword = () => randomBytes(24).toString('hex');

/** What infra/postgres/roles.sql is told before it runs. */
export const passwordSettings = (passwords) =>
  ROLES.map((role) => `\\set ${role}_password '${passwords[role]}'\n`).join('');
