import { TerminalError } from '@bulkhead/contracts';
import { machineResult } from '@bulkhead/contracts/commands/scheduler';
import {
  appAggregate,
  appNameAggregate,
  quotaAggregate,
  type AppId,
  type OrganizationId,
} from '@bulkhead/domain';
import type { Decision } from '@bulkhead/journal';
import { Not } from 'typeorm';
import { stepOf } from '../operations/command-identity.js';
import { decideHere, sendToScheduler } from '../operations/carry-out.js';
import { operation, type Call } from '../operations/operation.js';
import { appParams, noBody, noQuery, OK, ok } from '../operations/shapes.js';
import { MachineRow } from '../read-model/entities.js';

/** How long the last machines may take to go, in ms. */
const MACHINES_GONE_WITHIN_MS = 30_000;

/** Gives name and quota back and ends the app, together or not at all. */
async function endApp(
  decision: Decision,
  app: AppId,
  organization: OrganizationId,
  name: string,
): Promise<null> {
  const [ended, taken, quota] = await Promise.all([
    decision.load(appAggregate, app),
    decision.load(appNameAggregate, name),
    decision.load(quotaAggregate, organization),
  ]);
  decision.append(ended, appAggregate.decide({ type: 'delete' }, ended.state));
  decision.append(taken, appNameAggregate.decide({ type: 'release', name, app }, taken.state));
  decision.append(quota, quotaAggregate.decide({ type: 'release-app', organization, app }, quota.state));
  return null;
}

/**
 * First the machines go, then the app: its name must not be free while a machine still answers under it. Stopped half-way, the app
 * is still there and deleting it again goes on.
 */
export const deleteApp = operation({
  name: 'apps.delete',
  summary: 'Destroy an app and all of its machines',
  method: 'DELETE',
  path: '/v1/apps/:app_name',
  access: { on: 'app', action: 'delete', app: ({ params }) => params.app_name },
  params: appParams,
  query: noQuery,
  body: noBody,
  result: ok,
  status: 202,
  async handle(call) {
    const { app, organization, appName } = call.target;
    await destroyMachines(call);
    await decideHere(call, organization, { delete: 'app', app }, (decision) =>
      endApp(decision, app, organization, appName),
    );
    return OK;
  },
});

type DeleteCall = Call<unknown, 'app'>;

async function destroyMachines(call: DeleteCall): Promise<void> {
  const { api, target, signal } = call;
  const left = await livingMachines(call);
  await Promise.all(left.map(({ id }) => destroy(call, id)));
  const deadline = Date.now() + MACHINES_GONE_WITHIN_MS;
  for (const { id } of left)
    await api.changes.until(`machine/${id}`, () => goneOrNull(call, id), {
      timeoutMs: Math.max(0, deadline - Date.now()),
      signal,
    });
  const remaining = await livingMachines(call);
  if (remaining.length === 0) return;
  throw new TerminalError(
    'machines_remain',
    `${remaining.length} machines of ${target.appName} are not gone yet; delete the app again in a while`,
    { status: 409, details: { machines: remaining.slice(0, 20).map(({ id }) => id) } },
  );
}

/** The scheduler may know already that a machine is gone. */
async function destroy(call: DeleteCall, machine: MachineRow['id']): Promise<void> {
  const wish = { app: call.target.app, machine, force: true };
  const step = { id: stepOf(call.command, machine) };
  try {
    await sendToScheduler(call, 'destroy-machine', wish, machineResult, step);
  } catch (error) {
    if (!(error instanceof TerminalError && error.code === 'not_found')) throw error;
  }
}

const livingMachines = ({ api, target }: DeleteCall) =>
  api.source
    .getRepository(MachineRow)
    .find({ select: { id: true }, where: { app: target.app, status: Not('destroyed') } });

const goneOrNull = async ({ api }: DeleteCall, id: MachineRow['id']): Promise<true | null> =>
  (await api.source.getRepository(MachineRow).existsBy({ id, status: 'destroyed' })) ? true : null;
