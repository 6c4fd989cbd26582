import { operation } from '../operations/operation.js';
import { machineParams, noQuery } from '../operations/shapes.js';
import { changeMetadata, metadataAnswer, metadataBody } from './metadata.js';
import { machineOfPath } from './on-machine.js';

export const replaceMetadata = operation({
  name: 'machines.replace-metadata',
  summary: "Replace a machine's metadata",
  method: 'PUT',
  path: '/v1/apps/:app_name/machines/:machine_id/metadata',
  access: machineOfPath('write'),
  params: machineParams,
  query: noQuery,
  body: metadataBody,
  result: metadataAnswer,
  handle(call) {
    const { metadata, machine_version } = call.input.body;
    return changeMetadata(call, { changes: metadata, replace: true, machineVersion: machine_version });
  },
});
