import { operation } from '../operations/operation.js';
import { machineParams, noQuery } from '../operations/shapes.js';
import { changeMetadata, metadataAnswer, metadataBody } from './metadata.js';
import { machineOfPath } from './on-machine.js';

export const patchMetadata = operation({
  name: 'machines.patch-metadata',
  summary: "Set or remove some keys of a machine's metadata",
  method: 'PATCH',
  path: '/v1/apps/:app_name/machines/:machine_id/metadata',
  access: machineOfPath('write'),
  params: machineParams,
  query: noQuery,
  body: metadataBody,
  result: metadataAnswer,
  handle(call) {
    const { metadata, machine_version } = call.input.body;
    return changeMetadata(call, { changes: metadata, replace: false, machineVersion: machine_version });
  },
});
