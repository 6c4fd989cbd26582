import { metadataValue } from '@bulkhead/contracts/machine-config';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noQuery } from '../operations/shapes.js';
import { changeMetadata, metadataKeyParams } from './metadata.js';
import { machineOfPath } from './on-machine.js';

export const setMetadataKey = operation({
  name: 'machines.set-metadata-key',
  summary: "Set one value of a machine's metadata",
  method: 'POST',
  path: '/v1/apps/:app_name/machines/:machine_id/metadata/:key',
  access: machineOfPath('write'),
  params: metadataKeyParams,
  query: noQuery,
  body: z.strictObject({ value: metadataValue, updated_at: z.string().max(64).optional() }),
  result: z.object({ value: z.string() }),
  async handle(call) {
    const { key } = call.input.params;
    const { value } = call.input.body;
    await changeMetadata(call, { changes: { [key]: value }, replace: false });
    return { value };
  },
});
