import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody, noParams, noQuery } from '../operations/shapes.js';

/** RFC 9116 wants a date of expiry, at most a year ahead: this long after each answer, in ms. */
const VALID_FOR_MS = 180 * 24 * 3600 * 1000;

/** RFC 9116. */
export const securityText = operation({
  name: 'platform.security-text',
  summary: 'Say how to report a vulnerability',
  method: 'GET',
  path: '/.well-known/security.txt',
  access: { on: 'nobody' },
  params: noParams,
  query: noQuery,
  body: noBody,
  result: z.string(),
  async handle({ api, header }) {
    header('content-type', 'text/plain; charset=utf-8');
    const expires = new Date(api.clock.now().getTime() + VALID_FOR_MS).toISOString();
    const { securityContact, publicUrl } = api.settings;
    return [
      `Contact: ${securityContact}`,
      `Expires: ${expires}`,
      `Canonical: ${publicUrl}/.well-known/security.txt`,
      'Preferred-Languages: en',
      '',
    ].join('\n');
  },
});
