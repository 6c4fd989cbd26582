import { operation } from '../operations/operation.js';
import { machineParams, noBody, noQuery } from '../operations/shapes.js';
import { readMachine } from './machine-reads.js';
import { metadataAnswer } from './metadata.js';
import { machineOfPath } from './on-machine.js';

export const getMetadata = operation({
  name: 'machines.get-metadata',
  summary: "Show a machine's metadata",
  method: 'GET',
  path: '/v1/apps/:app_name/machines/:machine_id/metadata',
  access: machineOfPath('read'),
  params: machineParams,
  query: noQuery,
  body: noBody,
  result: metadataAnswer,
  async handle({ api, target }) {
    const { state } = await readMachine(api.source, target.machine);
    return { ...state.config.metadata };
  },
});
