/** Longer headers are refused unread. */
export const MAX_HEADER_BYTES = 8192;
const MAX_TOKENS = 16;
const MAX_NESTING = 4;

/**
 * The credentials in an `Authorization` header, in order: schemes `Bearer` and `FlyV1` in any letter case, nested in one another,
 * with comma lists, and `Basic` whose user is `x` and whose password is the list (as container registries are logged in to).
 * What fits none of this is no credential; nothing is thrown.
 */
export function credentialsIn(header: string | undefined): readonly string[] {
  if (header === undefined || header.length > MAX_HEADER_BYTES) return [];
  return header
    .split(',', MAX_TOKENS)
    .flatMap((part) => unwrap(part.trim(), MAX_NESTING))
    .slice(0, MAX_TOKENS);
}

function unwrap(part: string, depth: number): readonly string[] {
  const space = part.indexOf(' ');
  if (space < 0) return part === '' ? [] : [part];
  if (depth === 0) return [];
  const rest = part.slice(space + 1).trim();
  switch (part.slice(0, space).toLowerCase()) {
    case 'bearer':
    case 'flyv1':
      return unwrap(rest, depth - 1);
    case 'basic':
      return basicPassword(rest);
    default:
      return [];
  }
}

function basicPassword(encoded: string): readonly string[] {
  const [user, ...password] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  if (user !== 'x') return [];
  return password
    .join(':')
    .split(',', MAX_TOKENS)
    .map((token) => token.trim())
    .filter((token) => token !== '' && !token.includes(' '));
}
