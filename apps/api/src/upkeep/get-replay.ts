import { replayStatusResult } from '@bulkhead/contracts/commands/upkeep';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody, noQuery } from '../operations/shapes.js';
import { askService } from './ask-service.js';
import { parseReplayId } from './replay-id.js';

export const getReplay = operation({
  name: 'replays.get',
  summary: 'Say how far a replay is, and what it found',
  method: 'GET',
  path: '/api/v1/replays/:replay',
  access: { on: 'platform', action: 'read' },
  params: z.object({ replay: z.string().max(160) }),
  query: noQuery,
  body: noBody,
  result: replayStatusResult,
  handle(call) {
    const { service, replay } = parseReplayId(call.input.params.replay);
    return askService(call, service, 'replay-status', { replay }, replayStatusResult);
  },
});
