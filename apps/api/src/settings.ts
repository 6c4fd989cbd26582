import { imageEnvironment } from '@bulkhead/images';
import { memberEnvironment } from '@bulkhead/platform';
import { z } from 'zod';

/** The api's own environment. */
export const apiEnvironment = memberEnvironment.extend({
  /** Connection URL of the service's own role. */
  BULKHEAD_PG: z.string().min(1),
  BULKHEAD_API_ADDRESS: z.string().default('127.0.0.1'),
  BULKHEAD_API_PORT: z.coerce.number().int().min(0).max(65535).default(4280),
  /** How clients reach the API, where that is not the address it listens on. */
  BULKHEAD_API_URL: z.url().optional(),
  /** SHA-256 of the administrator's token in hex, as `bulkhead init` wrote it. */
  BULKHEAD_ADMIN_TOKEN_SHA256: z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hex'),
  /** Below which apps answer: `<app>.<domain>`. */
  BULKHEAD_EDGE_DOMAIN: z.string().min(1).default('localhost'),
  ...imageEnvironment,
  /** A URI (RFC 9116): `mailto:` or `https:`. */
  BULKHEAD_SECURITY_CONTACT: z.url().default('mailto:security@localhost'),
});
export type ApiEnvironment = z.infer<typeof apiEnvironment>;
