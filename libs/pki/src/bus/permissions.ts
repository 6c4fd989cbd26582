import {
  EDGE_FEED,
  INSTANCE_FEED,
  LOG_STREAM,
  SERVICES,
  commandSubjects,
  eventSubjects,
  feedSubject,
  inboxPrefix,
  streamName,
  wakeSubject,
  type Service,
} from '@bulkhead/contracts';
import type { IdentityKind } from '../identity/identity.js';

/** What one kind of identity may publish and subscribe to; whatever is not listed is refused. */
export interface BusPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** The server puts the user's name here (scoped signing keys, nats-server >= 2.9): for a host its id. */
export const NAME_TEMPLATE = '{{name()}}';

/** The permissions of each kind. Hosts have no right to the JetStream API: a pull's reply subject carries bytes anywhere. */
export const permissionsOf = (kind: IdentityKind): BusPermissions => PERMISSIONS[kind];

const serviceOf = (service: Service, more: Partial<BusPermissions> = {}): BusPermissions => ({
  publish: [
    commandsFrom(service),
    '_IN.>',
    eventSubjects(service),
    wakeSubject(service),
    'bh.seen.*',
    '$JS.API.INFO',
    ...ownerOf(streamName(service)),
    ...SERVICES.map(streamName).flatMap(readerOf),
    ...(more.publish ?? []),
  ],
  subscribe: [
    `${inboxPrefix(service)}.>`,
    commandSubjects(service),
    wakeSubject(service),
    'bh.seen.*',
    ...(more.subscribe ?? []),
  ],
});

const hostOf = (more: Partial<BusPermissions>): BusPermissions => ({
  publish: [commandsFrom(NAME_TEMPLATE), ...(more.publish ?? [])],
  subscribe: [`_IN.${NAME_TEMPLATE}.>`, `bh.host.${NAME_TEMPLATE}.*`, ...(more.subscribe ?? [])],
});

const commandsFrom = (caller: string) => `bh.cmd.*.*.${caller}`;

/** Making, repairing and looking at a stream. Filling it is publishing to its subjects. */
const ownerOf = (stream: string): string[] => [
  ...['CREATE', 'UPDATE', 'DELETE'].map((verb) => `$JS.API.STREAM.${verb}.${stream}`),
];

/** Following a stream: single messages, ordered consumers and shared durables, pulled and acknowledged. */
const readerOf = (stream: string): string[] => [
  ...['INFO', 'MSG.GET'].map((verb) => `$JS.API.STREAM.${verb}.${stream}`),
  `$JS.API.DIRECT.GET.${stream}`,
  `$JS.API.DIRECT.GET.${stream}.>`,
  `$JS.API.CONSUMER.CREATE.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}.>`,
  `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.*`,
  ...['INFO', 'DELETE', 'MSG.NEXT'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.*`),
  ...['NAMES', 'LIST'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}`),
  `$JS.ACK.${stream}.>`,
  `$JS.FC.${stream}.>`,
];

const PERMISSIONS: Readonly<Record<IdentityKind, BusPermissions>> = {
  api: serviceOf('api', {
    publish: [...ownerOf(LOG_STREAM), ...readerOf(LOG_STREAM)],
    subscribe: ['bh.log.*.*.*'],
  }),
  // Every feed so far is the scheduler's. One of another owner is denied here when it comes.
  scheduler: serviceOf('scheduler', { publish: ['bh.host.*.*', 'bh.feed.>'] }),
  vault: serviceOf('vault'),
  audit: serviceOf('audit'),
  worker: hostOf({
    publish: [`bh.log.${NAME_TEMPLATE}.*.*`],
    subscribe: [`bh.feed.host.${NAME_TEMPLATE}`, feedSubject(EDGE_FEED)],
  }),
  edge: hostOf({ subscribe: [feedSubject(INSTANCE_FEED)] }),
  gateway: hostOf({}),
  operator: {
    publish: [
      commandsFrom('operator'),
      ...[...SERVICES.map(streamName), LOG_STREAM].map((stream) => `$JS.API.STREAM.INFO.${stream}`),
    ],
    subscribe: [`${inboxPrefix('operator')}.>`],
  },
};
