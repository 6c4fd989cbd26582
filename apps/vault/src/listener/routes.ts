import type { X509Certificate } from 'node:crypto';
import { organizationScope, TerminalError, type OrganizationScope } from '@bulkhead/contracts';
import {
  dataKeyRequest,
  enrollRequest,
  registryCredentialRequest,
  renewRequest,
  type CaResponse,
  type Credential,
  type DataKeyResponse,
  type Identity,
  type IdentityKind,
  type RegistryCredentialResponse,
  type SealKeyResponse,
} from '@bulkhead/pki';
import { z } from 'zod';
import { enroll } from '../enrolment/enroll.js';
import { authenticate, renew } from '../enrolment/renew.js';
import type { Vault } from '../vault.js';

/** Who may use a route; the handler below checks just that, and a route without it does not compile. */
export type RouteAccess =
  | 'anyone'
  | 'join-token'
  | 'own certificate, also expired'
  | 'certificate of a service'
  | 'certificate of the api';

export interface Route<Body = unknown> {
  readonly method: 'GET' | 'POST';
  readonly access: RouteAccess;
  readonly body: z.ZodType<Body>;
  readonly handle: (body: Body, peer: X509Certificate | undefined) => Promise<unknown>;
}

/** The listener's routes by path. */
export function routesOf(vault: Vault): Readonly<Record<string, Route>> {
  const enrolment = vault;
  return {
    '/v1/ca': route({
      method: 'GET',
      access: 'anyone',
      body: z.undefined(),
      handle: (): Promise<CaResponse> => Promise.resolve({ ca: vault.authority.ca }),
    }),
    '/v1/enroll': route({
      method: 'POST',
      access: 'join-token',
      body: enrollRequest,
      handle: (body): Promise<Credential> => enroll(enrolment, body),
    }),
    '/v1/renew': route({
      method: 'POST',
      access: 'own certificate, also expired',
      body: renewRequest,
      handle: (body, peer): Promise<Credential> => renew(enrolment, peer, body),
    }),
    '/v1/data-key': route({
      method: 'POST',
      access: 'certificate of a service',
      body: dataKeyRequest,
      handle: async ({ scope }, peer): Promise<DataKeyResponse> => {
        const wanted = organizationScope.parse(scope);
        requireDataKeyAccess(await authenticate(vault, peer, { expiredToo: false }), wanted);
        return toResponse(await vault.dataKeys.get(wanted));
      },
    }),
    '/v1/seal-key': route({
      method: 'GET',
      access: 'anyone',
      body: z.undefined(),
      handle: (): Promise<SealKeyResponse> =>
        Promise.resolve({ publicKey: Buffer.from(vault.sealPublicKey).toString('base64') }),
    }),
    '/v1/registry-credential': route({
      method: 'POST',
      access: 'certificate of the api',
      body: registryCredentialRequest,
      handle: async (body, peer): Promise<RegistryCredentialResponse> => {
        const { kind, name } = await authenticate(vault, peer, { expiredToo: false });
        if (kind !== 'api') throw denied(`a ${kind} looks no images up`);
        return { credential: (await vault.registryReleases.toResolve(body, name)) ?? null };
      },
    }),
  };
}

/**
 * Only services that commit or project sealed fields get data keys: api and scheduler. The audit log keeps bytes and never opens
 * them; it has the platform's key for the digests of its own commands. A host never gets one.
 */
function requireDataKeyAccess({ kind }: Identity<IdentityKind>, scope: OrganizationScope): void {
  if (kind === 'api' || kind === 'scheduler' || (kind === 'audit' && scope === 'platform')) return;
  throw new TerminalError('data_key_denied', `a ${kind} gets no data key for ${scope}`, { status: 403 });
}

const denied = (why: string) => new TerminalError('registry_credential_denied', why, { status: 403 });

const toResponse = (found: { id: string; key: Uint8Array } | 'destroyed'): DataKeyResponse =>
  found === 'destroyed'
    ? { status: 'destroyed' }
    : { status: 'active', id: found.id, key: Buffer.from(found.key).toString('base64') };

/** Ties a handler to the schema of its body, so that routes of many bodies stand in one table. */
const route = <Body>(made: Route<Body>): Route => ({
  ...made,
  handle: (body, peer) => made.handle(made.body.parse(body), peer),
});
