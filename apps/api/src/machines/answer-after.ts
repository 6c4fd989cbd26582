import type { MachineResult } from '@bulkhead/contracts/commands/scheduler';
import type { Api } from '../api.js';
import { MachineRow } from '../read-model/entities.js';
import { answerOf, factsOfResult, type MachineAnswer } from './machine-answer.js';
import { wholeMachine } from './machine-reads.js';

/** The answer of a command that changed a machine: from the read model, or from the command's result where that is newer. */
export async function answerAfter(api: Api, result: MachineResult): Promise<MachineAnswer> {
  const row = await api.source.getRepository(MachineRow).findOneBy({ id: result.machine });
  if (row && row.instance === result.instance) return wholeMachine(api, row, result.nonce);
  return answerOf(api.sealer, factsOfResult(result, api.clock.now()), { nonce: result.nonce });
}
