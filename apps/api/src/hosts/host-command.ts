import type { HostId } from '@bulkhead/domain';
import { notFound } from '@bulkhead/auth';
import { hostId } from '@bulkhead/contracts';
import { done } from '@bulkhead/contracts/commands/scheduler';
import { z } from 'zod';
import { sendToScheduler } from '../operations/carry-out.js';
import type { Call } from '../operations/operation.js';
import { HostRow } from '../read-model/entities.js';
import { hostAnswerOf } from './host-answer.js';

export const hostParams = z.object({ host: hostId });

type Command = 'cordon-host' | 'uncordon-host' | 'remove-host';

type HostCall = Call<{ readonly params: { readonly host: HostId } }, 'platform'>;

/** Sends a command about a host and shows the host as it is then. */
export async function commandHost(
  call: HostCall,
  command: Command,
  input: Readonly<Record<string, unknown>> = {},
) {
  const { host: id } = call.input.params;
  if (!(await call.api.source.getRepository(HostRow).existsBy({ id }))) throw notFound('host');
  await sendToScheduler(call, command, { host: id, ...input }, done);
  return showHost(call);
}

export const showHost = async ({ api, input: { params } }: HostCall) =>
  hostAnswerOf(await api.source.getRepository(HostRow).findOneByOrFail({ id: params.host }));
