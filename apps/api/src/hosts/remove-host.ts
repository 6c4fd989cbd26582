import { RetryableError, TerminalError } from '@bulkhead/contracts';
import { endIdentity } from '../identities/end-identity.js';
import { operation } from '../operations/operation.js';
import { noBody, noQuery } from '../operations/shapes.js';
import { hostAnswer } from './host-answer.js';
import { commandHost, hostParams, showHost } from './host-command.js';

/**
 * First the scheduler, which refuses while machines are there, then the vault. Stopped half-way, removing the host again goes on.
 * @throws RetryableError `identity_remains` where the vault was not reached
 */
export const removeHost = operation({
  name: 'hosts.remove',
  summary: 'Remove a host without machines for good: its identity is refused from now on',
  method: 'DELETE',
  path: '/api/v1/hosts/:host',
  access: { on: 'platform', action: 'delete' },
  params: hostParams,
  query: noQuery,
  body: noBody,
  result: hostAnswer,
  async handle(call) {
    const { host } = call.input.params;
    await commandHost(call, 'remove-host').catch(unlessRemoved);
    await endIdentity(call, { kind: 'worker', name: host }).catch((error: unknown) => {
      throw error instanceof TerminalError && error.status < 500 ? error : identityRemains(host, error);
    });
    return showHost(call);
  },
});

function unlessRemoved(error: unknown): void {
  if (!(error instanceof TerminalError && error.code === 'host_removed')) throw error;
}

const identityRemains = (host: string, cause: unknown) =>
  new RetryableError(
    'identity_remains',
    `the scheduler refuses host ${host} now, but the vault would still renew its certificate: remove it again`,
    1_000,
    { operator: `remove-identity of ${host} failed`, cause },
  );
