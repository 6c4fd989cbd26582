import { hashToken, newToken } from '@bulkhead/auth';
import { newTokenId, TerminalError, toTimestamp } from '@bulkhead/contracts';
import { tokenAggregate } from '@bulkhead/domain';
import { z } from 'zod';
import { decideHere } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { noQuery, organizationParams } from '../operations/shapes.js';
import { TokenRow } from '../read-model/entities.js';
import { notYetReadable } from '../organizations/organization-reads.js';
import { tokenAnswer, tokenAnswerOf } from './token-answer.js';

const MAX_LIFE_S = 10 * 366 * 24 * 3600;

const body = z.strictObject({
  name: z.string().min(1).max(128),
  access: z.enum(['full', 'read']),
  expires_in: z
    .int()
    .min(60)
    .max(MAX_LIFE_S)
    .nullable()
    .optional()
    .meta({ description: 'Seconds; never, if missing' }),
});

export const createToken = operation({
  name: 'tokens.create',
  summary: 'Create a token for an organization; its text is in this answer and nowhere else',
  method: 'POST',
  path: '/api/v1/organizations/:org_slug/tokens',
  access: { on: 'organization', action: 'create', organization: ({ params }) => params.org_slug },
  params: organizationParams,
  query: noQuery,
  body,
  result: tokenAnswer.extend({ token: z.string() }),
  status: 201,
  async handle(call) {
    const { organization } = call.target;
    const { name, access, expires_in } = call.input.body;
    const [text, token] = [newToken(), newTokenId()];
    const expiresAt = expires_in
      ? toTimestamp(new Date(call.api.clock.now().getTime() + expires_in * 1000))
      : null;
    const made = await decideHere(
      call,
      organization,
      { create: 'token', organization, ...call.input.body },
      async (decision) => {
        const fresh = await decision.load(tokenAggregate, token);
        const scope = { kind: 'organization', organization, access } as const;
        const create = { type: 'create', token, name, scope, sha256: hashToken(text), expiresAt } as const;
        decision.append(fresh, tokenAggregate.decide(create, fresh.state));
        return { token };
      },
    );
    if (made.token !== token) throw shownBefore(made.token);
    const row = await call.api.source.getRepository(TokenRow).findOneBy({ id: token });
    if (!row) throw notYetReadable('token');
    return { ...tokenAnswerOf(row), token: text };
  },
});

/** The text is kept nowhere, so a repeated request can't have it again. */
const shownBefore = (token: string) =>
  new TerminalError(
    'token_already_shown',
    `token ${token} was made and shown before; revoke it and make another`,
    {
      status: 409,
      details: { token },
    },
  );
