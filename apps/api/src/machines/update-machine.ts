import { machineResult } from '@bulkhead/contracts/commands/scheduler';
import { z } from 'zod';
import { sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { machineParams, noQuery } from '../operations/shapes.js';
import { answerAfter } from './answer-after.js';
import { machineAnswer } from './machine-answer.js';
import { checkSecretsVersion, launchFields, storedConfig } from './machine-input.js';
import { machineOfPath, onMachine } from './on-machine.js';

export const updateMachine = operation({
  name: 'machines.update',
  summary: "Replace a machine's configuration; it is started again if it ran and skip_launch is not set",
  method: 'POST',
  path: '/v1/apps/:app_name/machines/:machine_id',
  access: machineOfPath('write'),
  params: machineParams,
  query: noQuery,
  body: z.strictObject({
    ...launchFields,
    /** Some clients repeat the machine's id. */
    id: z.string().optional(),
    current_version: z
      .string()
      .max(64)
      .optional()
      .meta({ description: 'Refuse (412) unless this is the newest version' }),
  }),
  result: machineAnswer,
  async handle(call) {
    const { target, input, api } = call;
    const { config, name, region, skip_launch, current_version } = input.body;
    checkSecretsVersion(input.body.min_secrets_version);
    const updated = await sendToScheduler(
      call,
      'update-machine',
      {
        ...onMachine(call),
        config: await storedConfig(api, target.organization, config),
        launch: !skip_launch,
        ...(current_version ? { current: current_version } : {}),
        ...(name ? { name } : {}),
        ...(region ? { region } : {}),
      },
      machineResult,
    );
    return answerAfter(api, updated);
  },
});
