import type { Mask } from './mask.js';

/**
 * One action on one thing, as caveats see it. What is not named is not touched: a caveat about machines prohibits what names no
 * machine. Numbers are those that organizations and apps have for life; 0 is a thing that has none yet.
 */
export interface ResourceAccess {
  readonly kind: 'resource';
  readonly now: Date;
  readonly action: Mask;
  readonly organization: bigint;
  readonly app?: bigint;
  readonly appFeature?: string;
  readonly feature?: string;
  readonly volume?: string;
  readonly machine?: string;
  readonly machineFeature?: string;
  /** GraphQL. */
  readonly mutation?: string;
  readonly cluster?: string;
  /** What is to run in a machine, argument by argument. */
  readonly command?: readonly string[];
  readonly storageObject?: string;
  /** The machine that asks, where it was found out. */
  readonly source?: {
    readonly machine?: string;
    readonly app?: string;
    readonly organization?: string;
  };
}

/** A discharge, asked for by somebody who has logged in: what conditions of tickets are cleared against. */
export interface DischargeAccess {
  readonly kind: 'discharge';
  readonly now: Date;
  /** When the discharge would end. */
  readonly expiresAt: Date;
  readonly users: readonly bigint[];
  readonly organizations: readonly bigint[];
  readonly googleDomains: readonly string[];
  readonly githubOrganizations: readonly bigint[];
}

export type TokenAccess = ResourceAccess | DischargeAccess;

/** What belongs to an app or a machine must name it, and one access is to one thing. Null if it makes sense. */
export function contradictionIn(access: TokenAccess): string | null {
  if (access.kind === 'discharge') return null;
  const { app, feature, storageObject, machine, volume, appFeature, command, machineFeature } = access;
  const ofOrganization = named({ app, feature, 'storage object': storageObject });
  const ofApp = named({ machine, volume, 'app feature': appFeature });
  const ofMachine = named({ command, 'machine feature': machineFeature });
  for (const siblings of [ofOrganization, ofApp, ofMachine])
    if (siblings.length > 1) return `an access to one of ${siblings.join(', ')} is wanted`;
  if (ofApp.length > 0 && app === undefined) return `the app of the ${ofApp[0]} is missing`;
  if (ofMachine.length > 0 && machine === undefined) return `the machine of the ${ofMachine[0]} is missing`;
  if (access.cluster !== undefined && feature !== 'litefs-cloud') return 'clusters need their feature';
  return null;
}

const named = (things: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.keys(things).filter((name) => things[name] !== undefined);
