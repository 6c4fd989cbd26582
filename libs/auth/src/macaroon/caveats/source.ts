import { kind, onResources } from './kind.js';
import { prohibited, type Prohibition } from './prohibition.js';
import { fields, text } from './shape.js';

/** Only for one machine's own use. */
export const fromMachineSource = kind<{ readonly id: string }>(
  'FromMachineSource',
  fields({ id: text }),
  onResources(({ id }, { source }) => from('machine', id, source?.machine)),
);

interface Source {
  readonly organization: string;
  readonly app: string;
  readonly instance: string;
}

/** Only for what comes from there; what is empty doesn't count. */
export const flySrc = kind<Source>(
  'FlySrc',
  fields({ organization: text, app: text, instance: text }),
  onResources(
    ({ organization, app, instance }, { source }) =>
      fromIfNamed('machine', instance, source?.machine) ??
      fromIfNamed('app', app, source?.app) ??
      fromIfNamed('organization', organization, source?.organization),
  ),
);

const fromIfNamed = (what: string, wanted: string, found: string | undefined): Prohibition | null =>
  wanted === '' ? null : from(what, wanted, found);

function from(what: string, wanted: string, found: string | undefined): Prohibition | null {
  if (found === undefined)
    return prohibited('invalid_access', `it is not known from which ${what} this comes`);
  return found === wanted ? null : prohibited('unauthorized', `for another ${what}’s use`);
}
