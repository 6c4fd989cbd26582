import type { Caveat } from '../caveat.js';
import type { Verified } from '../verify.js';
import { contradictionIn, type TokenAccess } from './access.js';
import { prohibited, type Prohibition } from './prohibition.js';
import { vocabulary } from './vocabulary.js';

/** A caveat of a good token says no. */
export class Prohibited extends Error {
  constructor(readonly prohibition: Prohibition) {
    super(prohibition.message);
    this.name = 'Prohibited';
  }
}

/** Asks every caveat of a verified token. @throws Prohibited */
export const clearToken = ({ caveats }: Verified, access: TokenAccess): void => clearCaveats(caveats, access);

/** For conditions of a ticket, which come out of an authenticated box instead of a token. @throws Prohibited */
export function clearCaveats(caveats: readonly Caveat[], access: TokenAccess): void {
  const contradiction = contradictionIn(access);
  if (contradiction !== null) throw new Prohibited(prohibited('invalid_access', contradiction));
  for (const caveat of caveats) {
    const prohibition = vocabulary.prohibits(caveat, access);
    if (prohibition) throw new Prohibited(prohibition);
  }
}
