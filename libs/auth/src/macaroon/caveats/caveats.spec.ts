import fc from 'fast-check';
import { caveat } from '../caveat.js';
import {
  action,
  allowedRoles,
  appFeatureSet,
  apps,
  attenuate,
  clearCaveats,
  clearToken,
  clusters,
  commands,
  confineGitHubOrg,
  confineGoogleHD,
  confineOrganization,
  confineUser,
  featureSet,
  flyioUserId,
  flySrc,
  fromMachineSource,
  ifPresent,
  isMember,
  isUser,
  machineFeatureSet,
  machines,
  MASK,
  maxValidity,
  mint,
  mutations,
  newKey,
  organization,
  parseMask,
  printJson,
  printMask,
  Prohibited,
  storageObjects,
  tokenJson,
  validityWindow,
  verify,
  vocabulary,
  volumes,
  type Caveat,
  type DischargeAccess,
  type ResourceAccess,
} from '../index.js';

const now = new Date('2026-01-02T00:00:00.000Z');
const seconds = BigInt(now.getTime() / 1000);
const to = (change: Partial<ResourceAccess> = {}): ResourceAccess => ({
  kind: 'resource',
  now,
  action: MASK.read,
  organization: 1n,
  ...change,
});
const login: DischargeAccess = {
  kind: 'discharge',
  now,
  expiresAt: new Date(now.getTime() + 60_000),
  users: [7n],
  organizations: [1n],
  googleDomains: ['example.org'],
  githubOrganizations: [9n],
};
const outcome = (caveats: Caveat | readonly Caveat[], access: ResourceAccess | DischargeAccess) => {
  try {
    clearCaveats([caveats].flat(), access);
    return 'cleared';
  } catch (error) {
    if (error instanceof Prohibited) return error.prohibition.reason;
    throw error;
  }
};
const both = MASK.read | MASK.write;
const write = { action: MASK.write };
const shop = { app: 5n };
const web = { ...shop, machine: 'm1' };

describe('caveats', () => {
  const judged: [string, Caveat, ResourceAccess, string][] = [
    ['its organization', organization.of({ id: 1n, mask: both }), to(write), 'cleared'],
    ['another organization', organization.of({ id: 2n, mask: both }), to(), 'unauthorized'],
    ['any organization', organization.of({ id: 0n, mask: MASK.read }), to(), 'cleared'],
    [
      'more than the mask',
      organization.of({ id: 1n, mask: both }),
      to({ action: MASK.delete }),
      'unauthorized',
    ],
    ['its app', apps.of({ apps: new Map([[5n, both]]) }), to(shop), 'cleared'],
    ['another app', apps.of({ apps: new Map([[6n, both]]) }), to(shop), 'unauthorized'],
    ['no app', apps.of({ apps: new Map([[5n, both]]) }), to(), 'unspecified'],
    ['any app', apps.of({ apps: new Map([[0n, MASK.read]]) }), to(shop), 'cleared'],
    ['no app at all', apps.of({ apps: new Map() }), to(shop), 'unauthorized'],
    [
      'all beside one',
      apps.of({
        apps: new Map([
          [0n, both],
          [5n, both],
        ]),
      }),
      to(shop),
      'bad_caveat',
    ],
    ['its machine', machines.of({ machines: new Map([['m1', both]]) }), to(web), 'cleared'],
    ['another machine', machines.of({ machines: new Map([['m2', both]]) }), to(web), 'unauthorized'],
    ['its volume', volumes.of({ volumes: new Map([['v', both]]) }), to({ ...shop, volume: 'v' }), 'cleared'],
    ['a feature', featureSet.of({ features: new Map([['wg', both]]) }), to({ feature: 'wg' }), 'cleared'],
    [
      'another feature',
      featureSet.of({ features: new Map([['wg', both]]) }),
      to({ feature: 'billing' }),
      'unauthorized',
    ],
    [
      'an app feature',
      appFeatureSet.of({ features: new Map([['logs', both]]) }),
      to({ ...shop, appFeature: 'logs' }),
      'cleared',
    ],
    [
      'a machine feature',
      machineFeatureSet.of({ features: new Map([['metadata', both]]) }),
      to({ ...web, machineFeature: 'metadata' }),
      'cleared',
    ],
    [
      'a cluster',
      clusters.of({ clusters: new Map([['c', both]]) }),
      to({ feature: 'litefs-cloud', cluster: 'c' }),
      'cleared',
    ],
    [
      'what a prefix covers',
      storageObjects.of({ storage_objects: new Map([['https://s/a', both]]) }),
      to({ storageObject: 'https://s/a/b' }),
      'cleared',
    ],
    [
      'what no prefix covers',
      storageObjects.of({ storage_objects: new Map([['https://s/a', both]]) }),
      to({ storageObject: 'https://s/b' }),
      'unauthorized',
    ],
    [
      'what the strictest prefix denies',
      storageObjects.of({
        storage_objects: new Map([
          ['s', both],
          ['s/a', MASK.read],
        ]),
      }),
      to({ storageObject: 's/a', ...write }),
      'unauthorized',
    ],
    ['an allowed action', action.of(MASK.read), to(), 'cleared'],
    ['a forbidden action', action.of(MASK.read), to(write), 'unauthorized'],
    ['its mutation', mutations.of({ mutations: ['a', 'b'] }), to({ mutation: 'b' }), 'cleared'],
    ['another mutation', mutations.of({ mutations: ['a'] }), to({ mutation: 'b' }), 'unauthorized'],
    ['no mutation', mutations.of({ mutations: ['a'] }), to(), 'unspecified'],
    [
      'a command that begins so',
      commands.of([{ args: ['ls'], exact: false }]),
      to({ ...web, command: ['ls', '/'] }),
      'cleared',
    ],
    [
      'a command that only begins so',
      commands.of([{ args: ['ls'], exact: true }]),
      to({ ...web, command: ['ls', '/'] }),
      'unauthorized',
    ],
    [
      'exactly its command',
      commands.of([{ args: ['ls'], exact: true }]),
      to({ ...web, command: ['ls'] }),
      'cleared',
    ],
    [
      'another command',
      commands.of([{ args: ['ls'], exact: false }]),
      to({ ...web, command: ['lsof'] }),
      'unauthorized',
    ],
    [
      'less than its command',
      commands.of([{ args: ['ls', '/'], exact: false }]),
      to({ ...web, command: ['ls'] }),
      'unauthorized',
    ],
    ['any command', commands.of([{ args: [], exact: false }]), to({ ...web, command: ['rm'] }), 'cleared'],
    ['no command is allowed', commands.of([]), to({ ...web, command: ['ls'] }), 'unauthorized'],
    ['no command', commands.of([{ args: ['ls'], exact: false }]), to(web), 'unspecified'],
    ['in its time', validityWindow.of({ not_before: seconds, not_after: seconds }), to(), 'cleared'],
    ['after its time', validityWindow.of({ not_before: 0n, not_after: seconds - 1n }), to(), 'unauthorized'],
    [
      'before its time',
      validityWindow.of({ not_before: seconds + 1n, not_after: seconds + 9n }),
      to(),
      'unauthorized',
    ],
    ['what a member may', isMember.of({}), to({ feature: 'membership' }), 'cleared'],
    ['what an admin may', isMember.of({}), to({ feature: 'membership', ...write }), 'unauthorized'],
    ['a feature nobody knows', isMember.of({}), to({ feature: 'x', action: 0 }), 'unauthorized'],
    ['an admin', allowedRoles.of(0xffff_ffffn), to({ feature: 'deletion', ...write }), 'cleared'],
    ['no role', allowedRoles.of(0n), to(), 'unauthorized'],
    ['its machine’s use', fromMachineSource.of({ id: 'm1' }), to({ source: { machine: 'm1' } }), 'cleared'],
    [
      'another machine’s use',
      fromMachineSource.of({ id: 'm1' }),
      to({ source: { machine: 'm2' } }),
      'unauthorized',
    ],
    ['nobody knows whose use', fromMachineSource.of({ id: 'm1' }), to(), 'invalid_access'],
    [
      'its app’s use',
      flySrc.of({ organization: '', app: 'shop', instance: '' }),
      to({ source: { app: 'shop' } }),
      'cleared',
    ],
    [
      'another app’s use',
      flySrc.of({ organization: '', app: 'shop', instance: '' }),
      to({ source: { app: 'x' } }),
      'unauthorized',
    ],
    ['whose it was', isUser.of({ uint64: 7n }), to(), 'cleared'],
    ['a condition of discharges', confineUser.of({ id: 7n }), to(), 'invalid_access'],
    ['an attestation', flyioUserId.of(7n), to(), 'bad_caveat'],
    ['a caveat nobody knows', caveat(99n, (body) => body.array(0)), to(), 'bad_caveat'],
    ['one of the retired', caveat(1n, (body) => body.array(0)), to(), 'bad_caveat'],
    ['one that can’t be read', caveat(0n, (body) => body.text('x')), to(), 'bad_caveat'],
    [
      'a thing named twice',
      caveat(3n, (body) => body.array(1).map(2).int(5n).int(1n).int(5n).int(31n)),
      to(shop),
      'bad_caveat',
    ],
  ];

  it.each(judged)('judge %s', (_what, given, access, wanted) => {
    expect(outcome(given, access)).toBe(wanted);
  });

  it.each<[string, Caveat, string]>([
    ['the user', confineUser.of({ id: 7n }), 'cleared'],
    ['another user', confineUser.of({ id: 8n }), 'unauthorized'],
    ['its organization', confineOrganization.of({ id: 1n }), 'cleared'],
    ['another organization', confineOrganization.of({ id: 2n }), 'unauthorized'],
    ['its domain', confineGoogleHD.of('example.org'), 'cleared'],
    ['another domain', confineGoogleHD.of('example.com'), 'unauthorized'],
    ['its GitHub organization', confineGitHubOrg.of(9n), 'cleared'],
    ['another GitHub organization', confineGitHubOrg.of(8n), 'unauthorized'],
    ['a time short enough', maxValidity.of(60n), 'cleared'],
    ['a time too long', maxValidity.of(59n), 'unauthorized'],
    ['a caveat about things', action.of(MASK.all), 'invalid_access'],
  ])('as conditions of a discharge, judge %s', (_what, given, wanted) => {
    expect(outcome(given, login)).toBe(wanted);
  });

  it('are asked about one thing at a time', () => {
    expect(outcome([], to({ machine: 'm1' }))).toBe('invalid_access');
    expect(outcome([], to({ ...web, volume: 'v' }))).toBe('invalid_access');
    expect(outcome([], to({ ...shop, feature: 'wg' }))).toBe('invalid_access');
    expect(outcome([], to({ command: ['ls'] }))).toBe('invalid_access');
    expect(outcome([], to({ cluster: 'c' }))).toBe('invalid_access');
  });
});

describe('if present', () => {
  const limited = ifPresent.of({
    ifs: [apps.of({ apps: new Map([[5n, both]]) }), featureSet.of({ features: new Map([['wg', MASK.all]]) })],
    else: MASK.read,
  });

  it.each<[string, ResourceAccess, string]>([
    ['the app it is about', to({ ...shop, ...write }), 'cleared'],
    ['another app', to({ app: 6n }), 'unauthorized'],
    ['the feature it is about', to({ feature: 'wg', action: MASK.create }), 'cleared'],
    ['nothing it is about, within else', to(), 'cleared'],
    ['nothing it is about, beyond else', to(write), 'unauthorized'],
  ])('judges %s', (_what, access, wanted) => {
    expect(outcome(limited, access)).toBe(wanted);
  });

  it('refuses what is nested in it and not understood', () => {
    const nested = ifPresent.of({ ifs: [caveat(99n, (body) => body.array(0))], else: MASK.all });
    expect(outcome(nested, to())).toBe('bad_caveat');
    expect(outcome(ifPresent.of({ ifs: [nested], else: MASK.all }), to())).toBe('bad_caveat');
  });
});

describe('attenuation', () => {
  const key = newKey();
  const anyMask = fc.nat(31);
  const anyCaveat: fc.Arbitrary<Caveat> = fc
    .oneof(
      anyMask.map((mask) => action.of(mask)),
      fc.tuple(fc.bigInt(0n, 3n), anyMask).map(([id, mask]) => organization.of({ id, mask })),
      fc.array(fc.tuple(fc.bigInt(0n, 3n), anyMask)).map((each) => apps.of({ apps: new Map(each) })),
      fc.bigInt(-2n, 2n).map((by) => validityWindow.of({ not_before: 0n, not_after: seconds + by })),
      fc.array(fc.constantFrom('a', 'b')).map((names) => mutations.of({ mutations: names })),
      fc
        .tuple(anyMask, anyMask)
        .map(([mask, otherwise]) =>
          ifPresent.of({ ifs: [apps.of({ apps: new Map([[1n, mask]]) })], else: otherwise }),
        ),
      fc.bigInt(0n, 40n).map((type) => caveat(type, (body) => body.array(0))),
    )
    .filter(({ type }) => ![11n, 12n, 23n, 24n, 25n].includes(type));
  const anyAccess = fc
    .record(
      {
        action: anyMask,
        organization: fc.bigInt(1n, 3n),
        app: fc.bigInt(0n, 3n),
        mutation: fc.constantFrom('a', 'b'),
      },
      { requiredKeys: ['action', 'organization'] },
    )
    .map((access) => to(access));

  it('only ever narrows', () => {
    const cleared = (token: ReturnType<typeof mint>, access: ResourceAccess) => {
      const verified = verify(token, { key, location: 'here' });
      try {
        clearToken(verified, access);
        return true;
      } catch (error) {
        if (error instanceof Prohibited) return false;
        throw error;
      }
    };
    const few = fc.array(anyCaveat, { maxLength: 3 });
    fc.assert(
      fc.property(few, few, anyAccess, (own, added, access) => {
        const token = mint({ kid: Buffer.of(1), location: 'here', key }, own);
        const narrowed = attenuate(token, added);
        if (cleared(narrowed, access)) expect(cleared(token, access)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('in JSON, caveats', () => {
  const all: readonly [unknown, Caveat][] = [
    [{ type: 'Organization', body: { id: 1, mask: 'rwcdC' } }, organization.of({ id: 1n, mask: MASK.all })],
    [{ type: 'Apps', body: { apps: { '5': 'r' } } }, apps.of({ apps: new Map([[5n, MASK.read]]) })],
    [{ type: 'Volumes', body: { volumes: { v: 'r' } } }, volumes.of({ volumes: new Map([['v', 1]]) })],
    [
      { type: 'ValidityWindow', body: { not_before: 1, not_after: 2 } },
      validityWindow.of({ not_before: 1n, not_after: 2n }),
    ],
    [{ type: 'Mutations', body: { mutations: ['a'] } }, mutations.of({ mutations: ['a'] })],
    [{ type: 'ConfineUser', body: { id: 7 } }, confineUser.of({ id: 7n })],
    [{ type: 'ConfineGoogleHD', body: 'example.org' }, confineGoogleHD.of('example.org')],
    [{ type: 'ConfineGitHubOrg', body: 9 }, confineGitHubOrg.of(9n)],
    [{ type: 'IsUser', body: { uint64: 7 } }, isUser.of({ uint64: 7n })],
    [{ type: 'MaxValidity', body: 60 }, maxValidity.of(60n)],
    [{ type: 'IsMember', body: {} }, isMember.of({})],
    [{ type: 'Action', body: 'rC' }, action.of(MASK.read | MASK.control)],
    [
      { type: 'Commands', body: [{ args: ['ls'] }, { args: ['id'], exact: true }] },
      commands.of([
        { args: ['ls'], exact: false },
        { args: ['id'], exact: true },
      ]),
    ],
    [
      { type: 'IfPresent', body: { ifs: [{ type: 'Action', body: 'r' }], else: 'w' } },
      ifPresent.of({ ifs: [action.of(MASK.read)], else: MASK.write }),
    ],
    [
      { type: 'FlySrc', body: { organization: 'o', app: 'a', instance: 'i' } },
      flySrc.of({ organization: 'o', app: 'a', instance: 'i' }),
    ],
  ];

  it.each(all)('are read and printed as %j', (json, given) => {
    expect(vocabulary.fromJson([json])).toEqual([given]);
    expect(JSON.parse(printJson(vocabulary.json([given])))).toEqual([json]);
  });

  it('have old names, too', () => {
    const old = [
      { type: 'NoAdminFeatures', body: {} },
      { type: 'DeprecatedApps', body: { apps: {} } },
    ];
    expect(vocabulary.fromJson(old)).toEqual([isMember.of({}), apps.of({ apps: new Map() })]);
  });

  it('print numbers of 64 bits whole, and read them as text', () => {
    const huge = confineUser.of({ id: 2n ** 64n - 1n });
    expect(printJson(vocabulary.json([huge]))).toContain('"id": 18446744073709551615');
    expect(vocabulary.fromJson([{ type: 'ConfineUser', body: { id: '18446744073709551615' } }])).toEqual([
      huge,
    ]);
  });

  it('show what is not understood by number and bytes', () => {
    const token = mint({ kid: Buffer.of(1), location: 'here', key: newKey() }, [
      caveat(99n, (body) => body.array(0)),
      caveat(0n, (body) => body.text('x')),
    ]);
    expect(tokenJson(token)).toEqual({
      location: 'here',
      caveats: [
        { type: '99', body: 'kA==' },
        { type: 'Organization', body: 'oXg=' },
      ],
    });
  });

  it.each([
    [{ type: 'Nothing', body: {} }, 'no caveat is called Nothing'],
    [{ type: 'Action', body: 'rx' }, 'a mask is'],
    [{ type: 'ConfineUser', body: { id: -1 } }, 'out of range'],
    [{ type: 'ConfineUser', body: { id: 2 ** 60 } }, 'id'],
    [{ type: 'IsMember', body: { more: 1 } }, 'more'],
  ])('that are none are refused: %j', (json, why) => {
    expect(() => vocabulary.fromJson([json])).toThrow(why);
  });

  it('write masks as letters', () => {
    expect(printMask(MASK.all)).toBe('rwcdC');
    expect(parseMask('*')).toBe(0xffff);
    expect(printMask(0xffff)).toBe('rwcdC');
    expect(parseMask('rz')).toBeNull();
  });
});
