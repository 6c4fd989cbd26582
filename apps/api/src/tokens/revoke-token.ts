import { notFound } from '@bulkhead/auth';
import { tokenId } from '@bulkhead/contracts';
import { tokenAggregate } from '@bulkhead/domain';
import { decideHere } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { noBody, noQuery, OK, ok, organizationParams } from '../operations/shapes.js';
import { TokenRow } from '../read-model/entities.js';

export const revokeToken = operation({
  name: 'tokens.revoke',
  summary: 'Revoke a token: from now on it opens nothing',
  method: 'DELETE',
  path: '/api/v1/organizations/:org_slug/tokens/:token',
  access: { on: 'organization', action: 'delete', organization: ({ params }) => params.org_slug },
  params: organizationParams.extend({ token: tokenId }),
  query: noQuery,
  body: noBody,
  result: ok,
  async handle(call) {
    const { organization } = call.target;
    const { token } = call.input.params;
    if (!(await call.api.source.getRepository(TokenRow).existsBy({ id: token, organization })))
      throw notFound('token');
    await decideHere(call, organization, { revoke: token }, async (decision) => {
      const known = await decision.load(tokenAggregate, token);
      decision.append(known, tokenAggregate.decide({ type: 'revoke' }, known.state));
      return null;
    });
    return OK;
  },
});
