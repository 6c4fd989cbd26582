import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody, noQuery } from '../operations/shapes.js';
import { changeMetadata, metadataKeyParams } from './metadata.js';
import { machineOfPath } from './on-machine.js';

export const deleteMetadataKey = operation({
  name: 'machines.delete-metadata-key',
  summary: "Remove one value of a machine's metadata",
  method: 'DELETE',
  path: '/v1/apps/:app_name/machines/:machine_id/metadata/:key',
  access: machineOfPath('write'),
  params: metadataKeyParams,
  query: noQuery,
  body: noBody,
  result: z.undefined(),
  status: 204,
  async handle(call) {
    await changeMetadata(call, { changes: { [call.input.params.key]: null }, replace: false });
    return undefined;
  },
});
