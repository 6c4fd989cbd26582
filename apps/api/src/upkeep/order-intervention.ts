import type { Caller } from '@bulkhead/auth';
import { newId, type Service } from '@bulkhead/contracts';
import { interventionAggregate, type InterventionAction } from '@bulkhead/domain';
import { decideHere } from '../operations/carry-out.js';
import type { Call, On } from '../operations/operation.js';

type Ordering = Pick<Call<unknown, On>, 'api' | 'command' | 'header'> & { readonly caller: Caller };

interface Order {
  readonly action: InterventionAction;
  readonly service: Service;
  readonly subject: string;
}

/** Records who orders what, before it is carried out: the event stays even where carrying it out fails. */
export async function orderIntervention(call: Ordering, order: Order): Promise<void> {
  const intervention = newId();
  await decideHere(call, 'platform', { order: 'intervention', ...order }, async (decision) => {
    const fresh = await decision.load(interventionAggregate, intervention);
    const events = interventionAggregate.decide({ type: 'order', intervention, ...order }, fresh.state);
    decision.append(fresh, events, 'platform');
    return { intervention };
  });
}
