import { schedulerContracts } from '@bulkhead/contracts/events';
import { instanceId } from '@bulkhead/contracts';
import { storedMachineConfig } from '@bulkhead/contracts/machine-config';
import { openLeaves } from '@bulkhead/journal';
import { In } from 'typeorm';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { machineParams, noBody, noQuery } from '../operations/shapes.js';
import { SchedulerEventRow } from '../read-model/entities.js';
import { shownConfig } from './machine-answer.js';
import { machineOfPath } from './on-machine.js';

const MOST = 100;
/** What both events that begin a version say of it. */
const begun = z.object({ instance: instanceId, config: storedMachineConfig });

export const listVersions = operation({
  name: 'machines.versions',
  summary: "List the versions of a machine's configuration, newest first",
  method: 'GET',
  path: '/v1/apps/:app_name/machines/:machine_id/versions',
  access: machineOfPath('read'),
  params: machineParams,
  query: noQuery,
  body: noBody,
  result: z.array(z.object({ version: z.string(), user_config: z.record(z.string(), z.unknown()) })),
  async handle({ api, target }) {
    const rows = await api.source.getRepository(SchedulerEventRow).find({
      where: { aggregate: `machine/${target.machine}`, type: In(['MachineCreated', 'MachineUpdated']) },
      order: { position: 'DESC', place: 'DESC' },
      take: MOST,
    });
    return Promise.all(
      rows.map(async ({ type, data }) => {
        const { instance, config } = begun.parse(schedulerContracts[type]?.schema.parse(data));
        const opened = await openLeaves(api.sealer, target.organization, config);
        return { version: instance, user_config: shownConfig(opened) };
      }),
    );
  },
});
