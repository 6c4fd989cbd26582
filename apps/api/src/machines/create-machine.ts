import { machineResult } from '@bulkhead/contracts/commands/scheduler';
import { z } from 'zod';
import { sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { appParams, noQuery } from '../operations/shapes.js';
import { answerAfter } from './answer-after.js';
import { machineAnswer } from './machine-answer.js';
import { checkSecretsVersion, launchFields, storedConfig } from './machine-input.js';

export const createMachine = operation({
  name: 'machines.create',
  summary: 'Create a machine, and start it unless skip_launch is set',
  method: 'POST',
  path: '/v1/apps/:app_name/machines',
  access: { on: 'app', action: 'create', app: ({ params }) => params.app_name },
  params: appParams,
  query: noQuery,
  body: z.strictObject(launchFields),
  result: machineAnswer,
  async handle(call) {
    const { target, input, api } = call;
    const { config, name, region, skip_launch, skip_service_registration, lease_ttl } = input.body;
    checkSecretsVersion(input.body.min_secrets_version);
    const created = await sendToScheduler(
      call,
      'create-machine',
      {
        app: target.app,
        config: await storedConfig(api, target.organization, config),
        launch: !skip_launch,
        cordoned: skip_service_registration ?? false,
        ...(name ? { name } : {}),
        ...(region ? { region } : {}),
        ...(lease_ttl === undefined ? {} : { leaseTtl: lease_ttl }),
      },
      machineResult,
    );
    return answerAfter(api, created);
  },
});
