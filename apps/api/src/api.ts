import type { TokenDirectory } from '@bulkhead/auth';
import type { Clock, CommandBus, Database, Journal, Sealer } from '@bulkhead/journal';
import type { DataSource } from 'typeorm';
import type { Images } from './images/images.js';
import type { LogReader } from './logs/log-reader.js';
import type { Changes } from './read-model/changes.js';
import type { Freshness } from './read-model/freshness.js';
import type { Targets } from './read-model/targets.js';
import type { RegistryVault } from './registries/registry-vault.js';

/** Everything outside that operations may use. */
export interface Api {
  readonly clock: Clock;
  readonly tokens: TokenDirectory;
  readonly targets: Targets;
  /** Read models. */
  readonly source: DataSource;
  /** The same tables for what is written as SQL. */
  readonly database: Database;
  /** Organizations, apps and tokens change here and nowhere else. */
  readonly journal: Pick<Journal, 'execute' | 'stateAt'>;
  /** Commands to the scheduler, which owns machines and hosts. */
  readonly bus: Pick<CommandBus, 'command'>;
  readonly sealer: Sealer;
  /** What image references stand for. */
  readonly images: Images;
  readonly registryVault: RegistryVault;
  readonly freshness: Freshness;
  readonly changes: Changes;
  readonly logs: LogReader;
  readonly settings: ApiSettings;
}

export interface ApiSettings {
  /** Where people write to about vulnerabilities, as RFC 9116 wants it. */
  readonly securityContact: string;
  /** The base URL of the API as clients know it. */
  readonly publicUrl: string;
  /** Below which apps answer: `<app>.<domain>`. */
  readonly appsDomain: string;
}

export const API = Symbol('api');
