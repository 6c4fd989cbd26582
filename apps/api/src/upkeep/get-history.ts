import { notFound } from '@bulkhead/auth';
import { toTimestamp, type Service } from '@bulkhead/contracts';
import { stateAtResult, type StateAt } from '@bulkhead/contracts/commands/upkeep';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody } from '../operations/shapes.js';
import { askService, serviceName } from './ask-service.js';
import { nameInHistory } from './name-in-history.js';

/** A position of the journal, or a time of recording. */
const at = z.union([
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform((text) => ({ position: Number(text) })),
  z.iso.datetime({ offset: true }).transform((text) => ({ time: toTimestamp(new Date(text)) })),
]);

export const getHistory = operation({
  name: 'history.get',
  summary: 'Show an app, a machine or a host as it was then, from the journal alone',
  method: 'GET',
  path: '/api/v1/history/:kind/:name',
  access: { on: 'platform', action: 'read' },
  params: z.object({
    kind: z.enum(['app', 'machine', 'host']),
    name: z.string().min(1).max(160).meta({ description: 'An id, or a name as it is used now' }),
  }),
  query: z.object({
    at: at.meta({ description: 'A position of the journal, or a time of recording (RFC 3339)' }),
  }),
  body: noBody,
  result: z.object({
    kind: z.string(),
    id: z.string(),
    journal: serviceName,
    position: z.int().meta({ description: 'The last that was counted' }),
    epoch: z.string().nullable(),
    recorded_at: z.string().nullable(),
    version: z.int(),
    state: z.record(z.string(), z.unknown()),
  }),
  async handle(call) {
    const { kind, name } = call.input.params;
    const journal: Service = kind === 'app' ? 'api' : 'scheduler';
    const id = await nameInHistory(call.api.source, kind, name);
    const input = { type: kind, id, at: call.input.query.at };
    const found: StateAt = await askService(call, journal, 'state-at', input, stateAtResult);
    if (found.version === 0) throw notFound(kind);
    const { record, position, version, state } = found;
    return {
      kind,
      id,
      journal,
      position,
      version,
      state,
      epoch: record?.epoch ?? null,
      recorded_at: record?.recordedAt ?? null,
    };
  },
});
