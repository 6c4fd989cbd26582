import { parseJson } from '@bulkhead/contracts';
import { z } from 'zod';
import { delayed, refused } from '../errors.js';
import { parseChallenges, type Challenge } from './challenge.js';
import type { RegistryReference } from '../reference.js';
import type { Answer, Transport } from './transport.js';

/** Given by whoever asks for the image; kept for that request alone. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const MAX_TOKEN_BYTES = 64 * 1024;
const tokenAnswer = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
});

/**
 * The Authorization header that answers a 401: basic, or a token fetched from where the challenge says (distribution
 * spec, "Token authentication"), for pulling this repository and nothing else. Throws `image_unauthorized`.
 */
export async function authorize(
  { headers }: Answer,
  reference: RegistryReference,
  credentials: Credentials | undefined,
  transport: Transport,
  signal: AbortSignal,
): Promise<string> {
  const challenges = parseChallenges(headers['www-authenticate'] ?? '');
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  if (bearer) return `Bearer ${await fetchToken(bearer, reference, credentials, transport, signal)}`;
  if (credentials && challenges.some(({ scheme }) => scheme === 'basic')) return basic(credentials);
  throw unauthorized(reference, credentials);
}

export const unauthorized = ({ host, repository }: RegistryReference, credentials: Credentials | undefined) =>
  refused(
    'image_unauthorized',
    credentials
      ? `${host} refuses these credentials for ${repository}, or there is no such image.`
      : `${host} gives ${repository} to nobody without credentials, or there is no such image.`,
  );

async function fetchToken(
  { parameters }: Challenge,
  reference: RegistryReference,
  credentials: Credentials | undefined,
  transport: Transport,
  signal: AbortSignal,
): Promise<string> {
  const realm = parameters.get('realm') ?? '';
  if (!URL.canParse(realm)) throw refused('registry_forbidden', `${reference.host} names no token server.`);
  const url = new URL(realm);
  const service = parameters.get('service');
  if (service) url.searchParams.set('service', service);
  url.searchParams.set('scope', `repository:${reference.repository}:pull`);
  const answer = await transport.get(url, credentials ? { authorization: basic(credentials) } : {}, signal);
  const body = await readBounded(answer, MAX_TOKEN_BYTES);
  if (answer.status === 200) return readToken(body, url.host);
  if (answer.status >= 500 || answer.status === 429)
    throw delayed('registry_unreachable', `The token server ${url.host} answers ${answer.status}.`);
  throw unauthorized(reference, credentials);
}

function readToken(body: Buffer, host: string): string {
  const { token, access_token } = tokenAnswer.safeParse(parseJson(body)).data ?? {};
  const found = token || access_token;
  if (!found || !/^[\x21-\x7e]+$/.test(found))
    throw delayed('registry_unreachable', `The token server ${host} answers without a usable token.`);
  return found;
}

/** A whole body; throws `image_too_large` when it has more bytes. */
export async function readBounded({ body }: Answer, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    if ((bytes += chunk.length) > limit)
      throw refused(
        'image_too_large',
        `The registry's answer has more than the ${limit} bytes that are read.`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const basic = ({ username, password }: Credentials) =>
  `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
