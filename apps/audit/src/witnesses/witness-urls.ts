import { z } from 'zod';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Addresses of witnesses, separated by commas: https, without credentials, since they are shown; in the clear on this machine alone. */
export const witnessUrls = z
  .string()
  .transform((text) => text.split(',').map((item) => item.trim().replace(/\/$/, '')))
  .transform((items) => items.filter((item) => item !== ''))
  .pipe(z.array(z.url({ protocol: /^https?$/ }).refine(isSafe, 'wants https, and no user name')).max(16))
  .prefault('');

function isSafe(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  return username === '' && password === '' && (protocol === 'https:' || LOOPBACK.has(hostname));
}
