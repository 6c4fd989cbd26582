import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody, noQuery, organizationParams } from '../operations/shapes.js';
import { TokenRow } from '../read-model/entities.js';
import { tokenAnswer, tokenAnswerOf } from './token-answer.js';

const MOST = 1_000;

export const listTokens = operation({
  name: 'tokens.list',
  summary: "List an organization's tokens, newest first",
  method: 'GET',
  path: '/api/v1/organizations/:org_slug/tokens',
  access: { on: 'organization', action: 'read', organization: ({ params }) => params.org_slug },
  params: organizationParams,
  query: noQuery,
  body: noBody,
  result: z.object({ tokens: z.array(tokenAnswer) }),
  async handle({ api, target: { organization } }) {
    const rows = await api.source
      .getRepository(TokenRow)
      .find({ where: { organization }, order: { id: 'DESC' }, take: MOST });
    return { tokens: rows.map(tokenAnswerOf) };
  },
});
