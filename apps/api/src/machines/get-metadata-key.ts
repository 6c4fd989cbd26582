import { TerminalError } from '@bulkhead/contracts';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody, noQuery } from '../operations/shapes.js';
import { readMachine } from './machine-reads.js';
import { metadataKeyParams } from './metadata.js';
import { machineOfPath } from './on-machine.js';

export const getMetadataKey = operation({
  name: 'machines.get-metadata-key',
  summary: "Show one value of a machine's metadata",
  method: 'GET',
  path: '/v1/apps/:app_name/machines/:machine_id/metadata/:key',
  access: machineOfPath('read'),
  params: metadataKeyParams,
  query: noQuery,
  body: noBody,
  result: z.object({ value: z.string() }),
  async handle({ api, target, input }) {
    const { state } = await readMachine(api.source, target.machine);
    const metadata = state.config.metadata ?? {};
    const value = Object.hasOwn(metadata, input.params.key) ? metadata[input.params.key] : undefined;
    if (value === undefined) throw new TerminalError('not_found', 'metadata key not found', { status: 404 });
    return { value };
  },
});
