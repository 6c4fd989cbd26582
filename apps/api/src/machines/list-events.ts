import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { machineParams, noBody, whole } from '../operations/shapes.js';
import { machineEventAnswer } from './machine-events.js';
import { machineEvents } from './machine-reads.js';
import { machineOfPath } from './on-machine.js';

const DEFAULT = 20;

export const listMachineEvents = operation({
  name: 'machines.events',
  summary: "List a machine's events, newest first",
  method: 'GET',
  path: '/v1/apps/:app_name/machines/:machine_id/events',
  access: machineOfPath('read'),
  params: machineParams,
  query: z.object({ limit: whole(1, 50).optional() }),
  body: noBody,
  result: z.array(machineEventAnswer),
  handle: ({ api, target, input }) => machineEvents(api.source, target.machine, input.query.limit ?? DEFAULT),
});
