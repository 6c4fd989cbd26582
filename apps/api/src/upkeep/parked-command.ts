import { parkedWorkResult } from '@bulkhead/contracts/commands/upkeep';
import { z } from 'zod';
import type { Call } from '../operations/operation.js';
import { askService, serviceName } from './ask-service.js';
import { orderIntervention } from './order-intervention.js';

/** Names one thing that was parked, as the list does. */
export const parkedName = z.strictObject({
  service: serviceName,
  reader: z.string().min(1).max(64),
  work: z.string().min(1).max(200),
});
type ParkedName = z.output<typeof parkedName>;

const DEADLINE_MS = 20_000;

/** Records the order and has the reader's service carry it out. */
export async function commandParked(
  call: Call<{ readonly body: ParkedName }, 'platform'>,
  action: 'retry-parked' | 'discard-parked',
): Promise<ParkedName> {
  const { service, ...name } = call.input.body;
  await orderIntervention(call, { action, service, subject: `${name.reader} ${name.work}` });
  await askService(call, service, action, name, parkedWorkResult, DEADLINE_MS);
  return { service, ...name };
}
