import { SERVICES } from '@bulkhead/contracts';
import {
  natsStreams,
  ownPages,
  pagesHandler,
  PostgresLeadershipStore,
  PostgresReaderStore,
  PostgresRelayStore,
  Relay,
  remotePages,
  serveCommands,
  systemClock,
  systemRandom,
  type Database,
} from '@bulkhead/journal';
import { fingerprint } from '@bulkhead/pki';
import { upkeepHandlers, type Logger, type Member, type Self } from '@bulkhead/platform';
import { auditHandlers, type AuditAccess } from './commands/handlers.js';
import { HeadSigner, type LogKey } from './heads/head-signer.js';
import { vaultKey } from './heads/vault-key.js';
import { Collector } from './log/collector.js';
import { addCheckpoint } from './witnesses/add-checkpoint.js';
import { WitnessCourier } from './witnesses/witness-courier.js';

export interface AuditOptions {
  readonly database: Database;
  readonly member: Member;
  readonly self: Self;
  readonly logger: Logger;
  /** Addresses of witnesses that the log's heads are brought to. */
  readonly witnesses: readonly string[];
}

/** Collects every journal, its own among them, signs the log's heads and answers about it. */
export class Audit {
  readonly #stopping = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #key: Promise<LogKey> | undefined;

  constructor(private readonly options: AuditOptions) {}

  async start(): Promise<void> {
    const { database, member, logger, self, witnesses } = this.options;
    const { bus, commands, connection, identity } = member;
    const { signal } = this.#stopping;
    const streams = await natsStreams(connection, identity.caller);
    const leadership = new PostgresLeadershipStore(database, 'audit');
    const store = new PostgresReaderStore(database, 'audit');
    const journal = new PostgresRelayStore(database, 'audit');
    const origin = `bulkhead.${fingerprint(identity.tls.ca).slice(0, 16)}/audit`;
    const report = (error: unknown) => logger.warn({ err: error }, 'goes on after a problem');
    const holder = systemRandom.id();
    const relay = new Relay({
      service: 'audit',
      store: journal,
      leadership,
      bus,
      streams,
      report: (problem) => logger.warn(problem, 'relay'),
    });
    const collectors = SERVICES.map(
      (service) =>
        new Collector(service, {
          store,
          leadership,
          streams,
          pages: service === 'audit' ? ownPages(journal) : remotePages(commands, service),
          clock: systemClock,
          holder,
          added: () => undefined,
          report,
        }),
    );
    const signer = new HeadSigner({
      database,
      leadership,
      clock: systemClock,
      holder,
      origin,
      key: () => this.#logKey(),
      signed: ({ size }) => logger.debug({ size }, 'head signed'),
      report,
    });
    const courier = new WitnessCourier({
      database,
      leadership,
      clock: systemClock,
      holder,
      witnesses,
      send: addCheckpoint,
      report: (problem) => logger.warn(problem, 'a witness did not take the head'),
      failed: report,
    });
    const served = serveCommands<AuditAccess, null>({
      bus,
      service: 'audit',
      handlers: {
        ...auditHandlers({
          database,
          origin,
          publicKey: async () => (await this.#logKey()).publicKey,
          witnesses,
        }),
        ...upkeepHandlers<AuditAccess, null>(
          {
            service: 'audit',
            schema: 'audit',
            database,
            store: journal,
            streams,
            relay,
            projections: [],
            self,
            now: () => systemClock.now(),
            stopping: signal,
          },
          () => 'read',
        ),
        pages: pagesHandler<AuditAccess, null>(journal, 'read', ['api', 'scheduler', 'vault']),
      },
      clear: () => null,
      report: (error, command) => logger.error({ err: error, ...command }, 'a command failed'),
    });
    const singles = [relay, signer, courier, ...collectors].map((single) => single.run(signal));
    this.#running = Promise.all(singles).finally(() => served.close());
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Asked for once; a vault that does not answer is asked again next time. */
  #logKey(): Promise<LogKey> {
    this.#key ??= vaultKey(this.options.member.commands).catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return this.#key;
  }
}
