import { z } from 'zod';
import { IDENTITY_KINDS } from '../identity/identity.js';

/** The vault's own listener: `POST /v1/enroll`, `POST /v1/renew` (mutual TLS), `GET /v1/ca`. Bodies are JSON. */
export const ENROLMENT_LIMITS = { bodyBytes: 16 * 1024, timeoutMs: 10_000 } as const;

const certificateRequest = z.string().min(1).max(4096);
/** Public nkey of a bus user. */
const busKey = z.string().regex(/^U[A-Z2-7]{55}$/, 'not the public nkey of a user');
const pem = z.string().max(16 * 1024);

export const enrollRequest = z.strictObject({
  token: z.string().max(256),
  certificateRequest,
  busKey,
  /** A host's X25519 public key, to which the control plane seals what is for that host alone; base64. */
  sealKey: z.base64().length(44).optional(),
});
export type EnrollRequest = z.infer<typeof enrollRequest>;

export const renewRequest = z.strictObject({ certificateRequest, busKey });
export type RenewRequest = z.infer<typeof renewRequest>;

/** What proves an identity to services (certificate) and on the bus (JWT); both end at the same moment. */
export const credential = z.strictObject({
  kind: z.enum(IDENTITY_KINDS),
  name: z.string(),
  certificate: pem,
  /** Root certificates of the internal CA, PEM, concatenated. */
  ca: pem,
  busJwt: z.string().max(16 * 1024),
});
export type Credential = z.infer<typeof credential>;

export const caResponse = z.strictObject({ ca: pem });
export type CaResponse = z.infer<typeof caResponse>;

export const enrolmentFailure = z.strictObject({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
});
export type EnrolmentFailure = z.infer<typeof enrolmentFailure>;
