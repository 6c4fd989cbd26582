import { z } from 'zod';
import { readCaveats, writeCaveats, type Caveat } from '../caveat.js';
import type { TokenAccess } from './access.js';
import { kind, onResources, type Kind } from './kind.js';
import { isWithin, printMask, type Mask } from './mask.js';
import { prohibited, type Prohibition } from './prohibition.js';
import { fields, mask, type Json, type Shape } from './shape.js';

/** What of a vocabulary is needed to nest it in one of its own kinds. */
export interface Nested {
  prohibits(caveat: Caveat, access: TokenAccess): Prohibition | null;
  json(caveats: readonly Caveat[]): Json;
  fromJson(caveats: unknown): readonly Caveat[];
}

export interface IfPresent {
  readonly ifs: readonly Caveat[];
  readonly else: Mask;
}

/**
 * Its caveats count where the access names something they are about; where it names nothing of theirs, what it does must be within
 * `else`. Without this a caveat about apps would prohibit all that is no app.
 */
export const ifPresentIn = (vocabulary: () => Nested): Kind<IfPresent> =>
  kind<IfPresent>(
    'IfPresent',
    fields({ ifs: caveatSet(vocabulary), else: mask }),
    onResources(({ ifs, else: otherwise }, access) => {
      const spoken = ifs
        .map((each) => vocabulary().prohibits(each, access))
        .filter((prohibition) => prohibition?.reason !== 'unspecified');
      if (spoken.length > 0) return spoken.find((prohibition) => prohibition !== null) ?? null;
      if (isWithin(access.action, otherwise)) return null;
      return prohibited('unauthorized', `${printMask(access.action & ~otherwise)} is not allowed elsewhere`);
    }),
  );

const caveatSet = (vocabulary: () => Nested): Shape<readonly Caveat[]> => ({
  read: readCaveats,
  write: writeCaveats,
  json: (caveats) => vocabulary().json(caveats),
  schema: z.unknown().transform((caveats) => vocabulary().fromJson(caveats)),
});
