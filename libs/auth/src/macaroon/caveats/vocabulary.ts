import { z } from 'zod';
import type { Caveat } from '../caveat.js';
import type { TokenAccess } from './access.js';
import { action, commands, mutations } from './actions.js';
import { ifPresentIn, type Nested } from './if-present.js';
import {
  allowedRoles,
  confineGitHubOrg,
  confineGoogleHD,
  confineOrganization,
  confineUser,
  flyioUserId,
  githubUserId,
  googleUserId,
  isMember,
  isUser,
} from './people.js';
import { prohibited, type Prohibition } from './prohibition.js';
import {
  appFeatureSet,
  apps,
  clusters,
  featureSet,
  machineFeatureSet,
  machines,
  organization,
  storageObjects,
  volumes,
} from './resources.js';
import { flySrc, fromMachineSource } from './source.js';
import { maxValidity, validityWindow } from './time.js';
import { bindToParentToken, thirdParty } from './verification.js';
import type { Json } from './shape.js';

const jsonCaveat = z.strictObject({ type: z.string(), body: z.unknown() });
const jsonCaveats = z.array(jsonCaveat).max(256);

/** All caveats that are understood. What is not among them prohibits everything. */
export const vocabulary: Nested = {
  prohibits(caveat: Caveat, access: TokenAccess): Prohibition | null {
    const known = byType.get(caveat.type);
    return known
      ? known.prohibits(caveat, access)
      : prohibited('bad_caveat', `nobody here knows caveats of type ${caveat.type}`);
  },

  /** As existing tools print them: name and body. What is not understood shows its number and its bytes. */
  json: (caveats): Json =>
    caveats.map((caveat) => {
      const known = byType.get(caveat.type);
      return known
        ? { type: JSON_NAMES.get(known.name) ?? known.name, body: known.json(caveat) }
        : { type: caveat.type.toString(), body: caveat.body.toString('base64') };
    }),

  /** @throws z.ZodError, also for names that nobody knows */
  fromJson: (caveats) =>
    jsonCaveats.parse(caveats).map(({ type, body }, index) => {
      const known = byName.get(type);
      if (known) return known.fromJson(body);
      throw new z.ZodError([
        { code: 'custom', path: [index, 'type'], message: `no caveat is called ${type}`, input: type },
      ]);
    }),
};

export const ifPresent = ifPresentIn(() => vocabulary);

const KINDS = [
  organization,
  volumes,
  apps,
  validityWindow,
  featureSet,
  mutations,
  machines,
  confineUser,
  confineOrganization,
  isUser,
  thirdParty,
  bindToParentToken,
  ifPresent,
  machineFeatureSet,
  fromMachineSource,
  clusters,
  confineGoogleHD,
  confineGitHubOrg,
  maxValidity,
  isMember,
  flyioUserId,
  githubUserId,
  googleUserId,
  action,
  commands,
  appFeatureSet,
  storageObjects,
  allowedRoles,
  flySrc,
] as const;

/** What may be known of any kind without knowing which. */
interface AnyKind {
  readonly name: string;
  readonly type: bigint;
  prohibits(caveat: Caveat, access: TokenAccess): Prohibition | null;
  json(caveat: Caveat): Json;
  fromJson(body: unknown): Caveat;
}

const JSON_NAMES: ReadonlyMap<string, string> = new Map([['ThirdParty', '3P']]);
const ALIASES: ReadonlyMap<string, AnyKind> = new Map<string, AnyKind>([
  ['DeprecatedOrganization', organization],
  ['DeprecatedApps', apps],
  ['NoAdminFeatures', isMember],
]);

const byType: ReadonlyMap<bigint, AnyKind> = new Map(KINDS.map((each) => [each.type, each]));
const byName: ReadonlyMap<string, AnyKind> = new Map<string, AnyKind>([
  ...KINDS.map((each) => [JSON_NAMES.get(each.name) ?? each.name, each] as const),
  ...ALIASES,
]);
