import { z } from 'zod';

/** `POST /v1/data-key` (mutual TLS): an organization's data key. Straight from the vault, so that the bus never sees one. */
export const dataKeyRequest = z.strictObject({
  scope: z.string().regex(/^(platform|org_[0-9a-z]{26})$/, 'not an organization'),
});
export type DataKeyRequest = z.infer<typeof dataKeyRequest>;

export const dataKeyResponse = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('active'), id: z.string().max(64), key: z.base64().length(44) }),
  z.strictObject({ status: z.literal('destroyed') }),
]);
export type DataKeyResponse = z.infer<typeof dataKeyResponse>;
