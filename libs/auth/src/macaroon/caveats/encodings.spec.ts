import {
  action,
  allowedRoles,
  appFeatureSet,
  apps,
  bytesOf,
  caveatsOf,
  clusters,
  commands,
  confineGitHubOrg,
  confineGoogleHD,
  confineOrganization,
  confineUser,
  featureSet,
  flySrc,
  fromMachineSource,
  ifPresent,
  isMember,
  isUser,
  machineFeatureSet,
  machines,
  MASK,
  maxValidity,
  mutations,
  organization,
  printJson,
  storageObjects,
  validityWindow,
  vocabulary,
  volumes,
  type Caveat,
} from '../index.js';

/** Given out of order, with a name beyond ASCII: the writer sorts by bytes. */
const named = new Map([
  ['zz', MASK.read],
  ['é', MASK.read | MASK.write],
  ['a', MASK.all],
]);
const NAMED = { a: 'rwcdC', zz: 'r', é: 'rw' };
const shop = new Map([[5n, MASK.all]]);
const numbered = new Map([
  [70_000n, MASK.write],
  [5n, MASK.all],
  [300n, MASK.read],
]);

/** What superfly/macaroon (8578343) wrote for the same caveats, in MessagePack and in JSON. */
const written: [string, Caveat, unknown][] = [
  ['kgKRg6FhH6J6egGiw6kD', volumes.of({ volumes: named }), { volumes: NAMED }],
  [
    'kgORgwUfzQEsAc4AARFwAg==',
    apps.of({ apps: numbered }),
    { apps: { '5': 'rwcdC', '300': 'r', '70000': 'w' } },
  ],
  [
    'kgSS+85qsTuA',
    validityWindow.of({ not_before: -5n, not_after: 1_790_000_000n }),
    { not_before: -5, not_after: 1_790_000_000 },
  ],
  ['kgWRg6FhH6J6egGiw6kD', featureSet.of({ features: named }), { features: NAMED }],
  ['kgaRkqFhoWI=', mutations.of({ mutations: ['a', 'b'] }), { mutations: ['a', 'b'] }],
  ['kgeRg6FhH6J6egGiw6kD', machines.of({ machines: named }), { machines: NAMED }],
  ['kgiRBw==', confineUser.of({ id: 7n }), { id: 7 }],
  ['kgmRCA==', confineOrganization.of({ id: 8n }), { id: 8 }],
  ['kgqRCQ==', isUser.of({ uint64: 9n }), { uint64: 9 }],
  [
    'kg2SlAORgQUfBZGBondnHwE=',
    ifPresent.of({
      ifs: [apps.of({ apps: shop }), featureSet.of({ features: new Map([['wg', MASK.all]]) })],
      else: MASK.read,
    }),
    {
      ifs: [
        { type: 'Apps', body: { apps: { '5': 'rwcdC' } } },
        { type: 'FeatureSet', body: { features: { wg: 'rwcdC' } } },
      ],
      else: 'r',
    },
  ],
  ['kg6Rg6FhH6J6egGiw6kD', machineFeatureSet.of({ features: named }), { features: NAMED }],
  ['kg+Rom0x', fromMachineSource.of({ id: 'm1' }), { id: 'm1' }],
  ['khCRg6FhH6J6egGiw6kD', clusters.of({ clusters: named }), { clusters: NAMED }],
  ['khOrZXhhbXBsZS5vcmc=', confineGoogleHD.of('example.org'), 'example.org'],
  ['khQJ', confineGitHubOrg.of(9n), 9],
  ['khXOAAFRgA==', maxValidity.of(86_400n), 86_400],
  ['khaQ', isMember.of({}), {}],
  ['khoR', action.of(MASK.read | MASK.control), 'rC'],
  [
    'khuSkpKibHOiLWzDkpGiaWTC',
    commands.of([
      { args: ['ls', '-l'], exact: true },
      { args: ['id'], exact: false },
    ]),
    [{ args: ['ls', '-l'], exact: true }, { args: ['id'] }],
  ],
  ['khuQ', commands.of([]), []],
  ['khyRg6FhH6J6egGiw6kD', appFeatureSet.of({ features: named }), { features: NAMED }],
  [
    'kh2RgatodHRwczovL3MvYQE=',
    storageObjects.of({ storage_objects: new Map([['https://s/a', MASK.read]]) }),
    { storage_objects: { 'https://s/a': 'r' } },
  ],
  ['kh7O/////w==', allowedRoles.of(0xffff_ffffn), 0xffff_ffff],
  [
    'kh+ToW+hYaFp',
    flySrc.of({ organization: 'o', app: 'a', instance: 'i' }),
    { organization: 'o', app: 'a', instance: 'i' },
  ],
];

it.each(written)('%s is written, read and shown as the original does', (bytes, caveat, body) => {
  expect(bytesOf([caveat]).toString('base64')).toBe(bytes);
  const read = caveatsOf(Buffer.from(bytes, 'base64'));
  const [json] = JSON.parse(printJson(vocabulary.json(read))) as [{ type: string; body: unknown }];
  expect(json.body).toEqual(body);
  expect(bytesOf(vocabulary.fromJson([json])).toString('base64')).toBe(bytes);
});

it('reads what the original writes of large numbers, wide masks and lists that are nil', () => {
  const [wide] = caveatsOf(Buffer.from('kgCSzwAAAQAAAAAAzf//', 'base64'));
  expect(wide && organization.in(wide)).toEqual({ id: 2n ** 40n, mask: 0xffff });
  const [any] = caveatsOf(Buffer.from('khuRksDC', 'base64'));
  expect(any && commands.in(any)).toEqual([{ args: [], exact: false }]);
  expect(bytesOf(caveatsOf(Buffer.from('khuRksDC', 'base64'))).toString('base64')).toBe('khuRksDC');
  expect(vocabulary.fromJson([{ type: 'Commands', body: [{ args: null }] }])).toEqual([
    commands.of([{ args: [], exact: false }]),
  ]);
});
