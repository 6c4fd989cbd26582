import { hashToken } from '@bulkhead/auth';
import { actor, type EventContracts } from '@bulkhead/contracts';
import { apiContracts } from '@bulkhead/contracts/events';
import { vaultContracts } from '@bulkhead/contracts/events/vault';
import {
  appAggregate,
  identityAggregate,
  tokenAggregate,
  type AppId,
  type Decider,
  type DomainEvent,
  type OrganizationId,
  type TokenId,
} from '@bulkhead/domain';
import { DataKeySealer, Journal, pagesHandler, Relay, serveCommands } from '@bulkhead/journal';
import { MemoryDataKeys } from '@bulkhead/testing';
import type { SimProcess } from '../kernel/process.js';
import { beginJournal, Connection, memoryStores } from '../memory/journal-stores.js';
import type { Site } from './site.js';

const NO_STATEMENTS = new Map();

/** The journals of api and vault, which the scheduler follows: written once, and read from then on. */
export class Neighbours {
  readonly sealer: DataKeySealer;
  private readonly over = new AbortController();
  private readonly journals: Readonly<Record<'api' | 'vault', Journal>>;

  constructor(
    private readonly site: Site,
    private readonly process: SimProcess,
  ) {
    this.sealer = new DataKeySealer(new MemoryDataKeys(), process.clock, process.random);
    this.journals = { api: this.open('api', apiContracts), vault: this.open('vault', vaultContracts) };
  }

  /** Nothing is written any more: what is in the streams stays there. */
  settle(): void {
    this.over.abort();
  }

  app(app: AppId, organization: OrganizationId, number: number): Promise<void> {
    const named = { app, organization, name: `app-${number}`, number, network: 'default', networkId: number };
    return this.decide('api', appAggregate, app, { type: 'create', ...named });
  }

  token(id: TokenId, token: string, organization: OrganizationId): Promise<void> {
    const scope = { kind: 'organization', organization, access: 'full' } as const;
    const create = { token: id, name: 'simulated', scope, sha256: hashToken(token), expiresAt: null };
    return this.decide('api', tokenAggregate, id, { type: 'create', ...create });
  }

  enrol(kind: string, name: string, sealKey: string | null): Promise<void> {
    const joinToken = this.process.random.id();
    return this.decide('vault', identityAggregate, `${kind}/${name}`, {
      type: 'enroll',
      kind,
      name,
      joinToken,
      sealKey,
    });
  }

  private open(service: 'api' | 'vault', contracts: EventContracts): Journal {
    const { site, process } = this;
    const { clock, random } = process;
    const bus = site.broker.connect(process);
    beginJournal(site.database.schema(service), service, random.id());
    const stores = memoryStores(new Connection(site.database, process, service, NO_STATEMENTS));
    const streams = site.streams.connect(process);
    const relay = new Relay({
      service,
      store: stores.relay,
      leadership: stores.leadership,
      bus,
      streams,
      clock,
      random,
    });
    void relay.run(this.over.signal);
    serveCommands<null, null>({
      bus,
      service,
      handlers: { pages: pagesHandler<null, null>(stores.relay, null, ['scheduler']) },
      clear: () => null,
    });
    const { sealer } = this;
    const committed = () => relay.wake();
    return new Journal({ service, store: stores.journal, contracts, sealer, clock, random, committed });
  }

  private async decide<State, Command, Event extends DomainEvent>(
    service: 'api' | 'vault',
    decider: Decider<State, Command, Event>,
    id: string,
    command: Command,
  ): Promise<void> {
    const { clock, random } = this.process;
    const about = {
      id: random.id(),
      content: null,
      actor: actor.parse({ kind: 'service', id: service }),
      organization: 'platform' as const,
      now: clock.now(),
    };
    await this.journals[service].execute(about, async (decision) => {
      const loaded = await decision.load(decider, id);
      decision.append(loaded, decider.decide(command, loaded.state));
      return null;
    });
  }
}
