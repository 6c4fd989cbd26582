import { X509Certificate } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import type { PeerCertificate } from 'node:tls';
import { RetryableError, TerminalError, parseJson } from '@bulkhead/contracts';
import type { RegistryCredential } from '@bulkhead/contracts/commands/vault';
import type { z } from 'zod';
import { fingerprint } from '../ca/certificate-authority.js';
import { identityOf } from '../ca/peer-certificate.js';
import { dataKeyResponse } from './data-keys.js';
import { registryCredentialResponse, sealKeyResponse } from './registry-credentials.js';
import { parseJoinToken } from './join-token.js';
import {
  caResponse,
  credential,
  ENROLMENT_LIMITS,
  enrolmentFailure,
  type Credential,
  type EnrollRequest,
  type RenewRequest,
} from './protocol.js';

/** Who gives out credentials: the vault over HTTPS, and for the vault itself its own authority. */
export interface CredentialSource {
  enroll(request: EnrollRequest): Promise<Credential>;
  /** @param current what proves the identity so far; it may have expired. */
  renew(request: RenewRequest, current: ClientCertificate): Promise<Credential>;
}

export interface ClientCertificate {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  /** Undefined only for fetching the root itself, which is then compared with the pin. */
  readonly trust: { readonly ca: string; readonly key?: string; readonly cert?: string } | undefined;
}

/** The vault's enrolment listener at `url` (https). Errors are TerminalError or RetryableError. */
export class VaultClient implements CredentialSource {
  constructor(private readonly url: string) {}

  async enroll(request: EnrollRequest): Promise<Credential> {
    const token = parseJoinToken(request.token);
    if (!token)
      throw new TerminalError(
        'invalid_join_token',
        'this is not a join token: bhjoin_<id>.<secret>.<fingerprint>',
      );
    const { ca } = await this.call({ method: 'GET', path: '/v1/ca', trust: undefined }, caResponse);
    requirePinned(ca, token.caFingerprint, this.url);
    return this.call({ method: 'POST', path: '/v1/enroll', body: request, trust: { ca } }, credential);
  }

  renew(request: RenewRequest, current: ClientCertificate): Promise<Credential> {
    return this.call({ method: 'POST', path: '/v1/renew', body: request, trust: current }, credential);
  }

  /** A data key, for services that seal fields; `destroyed` for ever after its destruction. */
  async dataKey(
    scope: string,
    current: ClientCertificate,
  ): Promise<{ id: string; key: Uint8Array } | 'destroyed'> {
    const found = await this.call(
      { method: 'POST', path: '/v1/data-key', body: { scope }, trust: current },
      dataKeyResponse,
    );
    return found.status === 'destroyed'
      ? 'destroyed'
      : { id: found.id, key: Buffer.from(found.key, 'base64') };
  }

  /** An organization's credential for a registry, for the api; undefined where it has none. */
  async registryCredential(
    organization: string,
    registry: string,
    current: ClientCertificate,
  ): Promise<RegistryCredential | undefined> {
    const body = { organization, registry };
    const call: Call = { method: 'POST', path: '/v1/registry-credential', body, trust: current };
    return (await this.call(call, registryCredentialResponse)).credential ?? undefined;
  }

  /** To what is sealed for the vault alone, raw. */
  async sealKey({ ca }: Pick<ClientCertificate, 'ca'>): Promise<Uint8Array> {
    const { publicKey } = await this.call(
      { method: 'GET', path: '/v1/seal-key', trust: { ca } },
      sealKeyResponse,
    );
    return Buffer.from(publicKey, 'base64');
  }

  private async call<T>(call: Call, schema: z.ZodType<T>): Promise<T> {
    const { status, text } = await this.send(call);
    const body = parseJson(text);
    if (status === 200) {
      const parsed = schema.safeParse(body);
      if (parsed.success) return parsed.data;
      throw new RetryableError(
        'vault_answer_invalid',
        `the vault at ${this.url} answered ${call.path} with something else`,
        1000,
      );
    }
    const failure = enrolmentFailure.safeParse(body);
    const { code, message, retryable } = failure.success
      ? failure.data
      : {
          code: 'vault_refused',
          message: `the vault answered ${call.path} with ${status}`,
          retryable: status >= 500,
        };
    throw retryable ? new RetryableError(code, message, 1000) : new TerminalError(code, message, { status });
  }

  private send({ method, path, body, trust }: Call): Promise<{ status: number; text: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const request = httpsRequest(
      new URL(path, this.url),
      {
        method,
        agent: false,
        timeout: ENROLMENT_LIMITS.timeoutMs,
        minVersion: 'TLSv1.3',
        headers:
          payload === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) },
        ...(trust ? { ...trust, checkServerIdentity: requireVault } : { rejectUnauthorized: false }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length > 4 * ENROLMENT_LIMITS.bodyBytes) request.destroy(new Error('the answer is too long'));
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
        response.on('error', reject);
      },
    );
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', (cause) => reject(unreachable(this.url, cause)));
    request.end(payload);
    return promise;
  }
}

/** A certificate of the internal root proves the vault only if it names the vault; host names say nothing here. */
function requireVault(_host: string, peer: PeerCertificate): Error | undefined {
  const identity = identityOf(new X509Certificate(peer.raw));
  return identity?.kind === 'vault' ? undefined : new Error('the other side is not the vault');
}

function requirePinned(ca: string, pin: string, url: string): void {
  if (fingerprint(ca) === pin) return;
  throw new TerminalError(
    'ca_pin_mismatch',
    `the vault at ${url} is not the one that made this join token: its root has another fingerprint. Nothing was sent to it.`,
  );
}

const unreachable = (url: string, cause: Error) =>
  new RetryableError('vault_unreachable', `the vault at ${url} does not answer: ${cause.message}`, 1000, {
    cause,
  });
