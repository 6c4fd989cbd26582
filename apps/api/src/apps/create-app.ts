import { appName, newAppId, TerminalError } from '@bulkhead/contracts';
import {
  appAggregate,
  appNameAggregate,
  organizationAggregate,
  quotaAggregate,
  Refusal,
  type AppId,
  type OrganizationId,
} from '@bulkhead/domain';
import type { Decision } from '@bulkhead/journal';
import { z } from 'zod';
import { decideHere } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { noParams } from '../operations/shapes.js';
import { AppRow } from '../read-model/entities.js';
import { nextNumber } from '../read-model/numbers.js';
import { notYetReadable } from '../organizations/organization-reads.js';
import { appAnswer, appAnswers } from './app-answer.js';

/** Networks of an organization's own making are not offered; these name the one that every organization has. */
const DEFAULT_NETWORK = 'default';

const body = z.strictObject({
  name: appName.optional().meta({ description: 'Unique on the platform; made up where it is missing' }),
  app_name: appName.optional().meta({ description: 'The older name of name', deprecated: true }),
  org_slug: z.string().min(1).max(63),
  network: z.string().max(63).optional(),
  enable_subdomains: z.boolean().optional(),
  app_role_id: z.string().max(64).optional(),
});

interface Wanted {
  readonly app: AppId;
  readonly organization: OrganizationId;
  readonly name: string;
  readonly number: number;
}

/** Takes name and quota and makes the app, together or not at all. */
async function foundApp(decision: Decision, wanted: Wanted): Promise<{ app: AppId }> {
  const { app, organization, name } = wanted;
  const [owner, taken, quota, fresh] = await Promise.all([
    decision.load(organizationAggregate, organization),
    decision.load(appNameAggregate, name),
    decision.load(quotaAggregate, organization),
    decision.load(appAggregate, app),
  ]);
  if (owner.state.status !== 'active') throw new Refusal('not_found', 'organization not found', 404);
  decision.append(taken, appNameAggregate.decide({ type: 'take', name, app }, taken.state));
  decision.append(quota, quotaAggregate.decide({ type: 'take-app', organization, app }, quota.state));
  const { networkId } = owner.state;
  const create = { type: 'create', ...wanted, network: DEFAULT_NETWORK, networkId } as const;
  decision.append(fresh, appAggregate.decide(create, fresh.state));
  return { app };
}

export const createApp = operation({
  name: 'apps.create',
  summary: 'Create an app',
  method: 'POST',
  path: '/v1/apps',
  access: { on: 'organization', action: 'create', organization: ({ body: { org_slug } }) => org_slug },
  params: noParams,
  query: z.object({}),
  body,
  result: appAnswer,
  status: 201,
  async handle(call) {
    const { name: named, app_name, network } = call.input.body;
    if (network && network !== DEFAULT_NETWORK)
      throw new TerminalError('network_not_found', 'network not found', { status: 400 });
    const app = newAppId();
    const name = named ?? app_name ?? `app-${app.slice(-12)}`;
    const { organization } = call.target;
    const wanted = { app, organization, name, number: await nextNumber(call.api.database, 'app_number') };
    const content = { create: 'app', organization, name: named ?? app_name ?? null };
    const made = await decideHere(call, organization, content, (decision) => foundApp(decision, wanted));
    const row = await call.api.source.getRepository(AppRow).findOneBy({ id: made.app });
    const [answer] = row ? await appAnswers(call.api.source, [row]) : [];
    if (!answer) throw notYetReadable('app');
    return answer;
  },
});
