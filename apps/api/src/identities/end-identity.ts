import type { Caller } from '@bulkhead/auth';
import type { HostId } from '@bulkhead/domain';
import { z } from 'zod';
import { sendToVault } from '../operations/carry-out.js';
import type { Call, On } from '../operations/operation.js';

interface HostIdentity {
  readonly kind: 'worker' | 'edge' | 'gateway';
  readonly name: HostId;
}

/** Has the vault issue nothing to a host again; the scheduler refuses it as soon as it hears of that. Doing it again changes nothing. */
export async function endIdentity(
  call: Pick<Call<unknown, On>, 'api' | 'command' | 'header'> & { readonly caller: Caller },
  identity: HostIdentity,
): Promise<void> {
  await sendToVault(call, 'remove-identity', { ...identity, reason: 'removed by an operator' }, z.null());
}
