import { randomBytes } from 'node:crypto';
import { newId } from '@bulkhead/contracts';

/** Randomness as an input, so that a simulation can be repeated from its seed. */
export interface Random {
  /** A fresh id of 26 lower-case Crockford characters. */
  id(): string;
  bytes(count: number): Buffer;
}

export const systemRandom: Random = { id: newId, bytes: (count) => randomBytes(count) };
