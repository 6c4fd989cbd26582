import { TerminalError } from '@bulkhead/contracts';
import {
  registryCredential,
  registryCredentialContext,
  type RegistryCredential,
} from '@bulkhead/contracts/commands/vault';
import { registryCredentialsAggregate, type OrganizationId } from '@bulkhead/domain';
import type { Command, Decision, Journal, Outcome, Sql } from '@bulkhead/journal';
import { SealedBoxError, unseal, type SealKeyPair } from '@bulkhead/pki';
import { openRow, sealRow } from '../keys/envelope.js';
import type { MasterKey } from '../keys/master-key.js';

/** An organization at a registry. */
export interface RegistryOf {
  readonly organization: OrganizationId;
  /** `host[:port]` */
  readonly registry: string;
}

interface Options {
  readonly sql: Sql;
  readonly master: MasterKey;
  readonly journal: Journal;
  readonly sealKey: SealKeyPair;
}

/** Organizations' credentials for registries, each a sealed row that opens in its own place alone. */
export class RegistryCredentials {
  constructor(private readonly options: Options) {}

  /** Opens what the api sealed for the vault. @throws TerminalError `invalid_sealed_box` */
  unsealed({ organization, registry }: RegistryOf, box: string): RegistryCredential {
    const context = registryCredentialContext(organization, registry);
    try {
      return parse(unseal(this.options.sealKey, Buffer.from(box, 'base64'), context));
    } catch (cause) {
      if (!(cause instanceof SealedBoxError)) throw cause;
      throw new TerminalError(
        'invalid_sealed_box',
        'the credential does not open with the key of this vault',
        {
          status: 400,
        },
      );
    }
  }

  async set(command: Command, of: RegistryOf, credential: RegistryCredential): Promise<Outcome<null>> {
    const { organization, registry } = of;
    const sealed = await sealRow(this.options.master, rowName(of), Buffer.from(JSON.stringify(credential)));
    return this.options.journal.execute(command, async (decision) => {
      const known = await decision.load(registryCredentialsAggregate, organization);
      const set = { type: 'set', organization, registry } as const;
      decision.append(known, registryCredentialsAggregate.decide(set, known.state));
      await decision.sql(
        `insert into registry_credential (organization, registry, sealed, set_at) values ($1, $2, $3, $4)
         on conflict (organization, registry) do update set sealed = excluded.sealed, set_at = excluded.set_at`,
        [organization, registry, sealed, command.now],
      );
      return null;
    });
  }

  /** @throws Refusal `not_found` where there is none. */
  remove(command: Command, { organization, registry }: RegistryOf): Promise<Outcome<null>> {
    return this.options.journal.execute(command, async (decision) => {
      const known = await decision.load(registryCredentialsAggregate, organization);
      const remove = { type: 'remove', organization, registry } as const;
      decision.append(known, registryCredentialsAggregate.decide(remove, known.state));
      await decision.sql('delete from registry_credential where organization = $1 and registry = $2', [
        organization,
        registry,
      ]);
      return null;
    });
  }

  async list(organization: OrganizationId): Promise<{ registry: string; setAt: Date }[]> {
    const rows = await this.options.sql.query<{ registry: string; set_at: Date }>(
      'select registry, set_at from registry_credential where organization = $1 order by registry',
      [organization],
    );
    return rows.map(({ registry, set_at: setAt }) => ({ registry, setAt }));
  }

  /** @throws TerminalError `vault_row_damaged` where the row was changed or is another's. */
  async open(of: RegistryOf): Promise<RegistryCredential | undefined> {
    const [row] = await this.options.sql.query<{ sealed: Buffer }>(
      'select sealed from registry_credential where organization = $1 and registry = $2',
      [of.organization, of.registry],
    );
    return row && parse(await openRow(this.options.master, rowName(of), row.sealed));
  }
}

/** Removes all credentials of an organization, within a decision to erase it. */
export async function clearRegistryCredentials(
  decision: Decision,
  organization: OrganizationId,
): Promise<void> {
  const known = await decision.load(registryCredentialsAggregate, organization);
  const clear = { type: 'clear', organization } as const;
  decision.append(known, registryCredentialsAggregate.decide(clear, known.state));
  await decision.sql('delete from registry_credential where organization = $1', [organization]);
}

const rowName = ({ organization, registry }: RegistryOf) =>
  `vault.registry_credential/${organization}/${registry}`;

const parse = (bytes: Uint8Array): RegistryCredential =>
  registryCredential.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
