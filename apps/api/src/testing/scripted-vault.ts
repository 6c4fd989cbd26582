import { newHostId, RetryableError, TerminalError, toTimestamp, type Actor } from '@bulkhead/contracts';
import {
  createJoinTokenRequest,
  listRegistryCredentialsRequest,
  registryCredential,
  registryCredentialContext,
  removeIdentityRequest,
  removeRegistryCredentialRequest,
  revokeJoinTokenRequest,
  setRegistryCredentialRequest,
  type CreateJoinTokenResult,
  type RegistryCredential,
} from '@bulkhead/contracts/commands/vault';
import type { OrganizationId } from '@bulkhead/domain';
import { commandHandler, serveCommands, type Bus, type CommandContext } from '@bulkhead/journal';
import { generateSealKeyPair, unseal } from '@bulkhead/pki';
import type { z } from 'zod';
import type { RegistryVault } from '../registries/registry-vault.js';

const HOSTS: readonly string[] = ['worker', 'edge', 'gateway'];

/** Stands in for the vault: join tokens and identities, by the same command the same. */
export class ScriptedVault implements RegistryVault {
  readonly removed: string[] = [];
  /** Who was responsible for what it was asked. */
  readonly actors: (Actor | undefined)[] = [];
  /** While set, it can do nothing. */
  isDown = false;
  /** Credentials by organization and registry, as they were sealed to the vault. */
  readonly registries = new Map<string, RegistryCredential>();
  private readonly seals = generateSealKeyPair();
  private readonly tokens = new Map<string, CreateJoinTokenResult>();

  constructor(bus: Bus) {
    const on = <Input>(input: z.ZodType<Input>, handle: (command: string, input: Input) => unknown) =>
      commandHandler<'any', null, Input>({
        callers: ['api'],
        access: 'any',
        input,
        handle: async ({ id, actor }: CommandContext<null>, asked) => {
          if (this.isDown) throw new RetryableError('database_away', 'its database is away', 20_000);
          this.actors.push(actor);
          return { result: handle(id, asked) };
        },
      });
    serveCommands<'any', null>({
      bus,
      service: 'vault',
      clear: () => null,
      handlers: {
        'create-join-token': on(createJoinTokenRequest, (command, wish) => this.token(command, wish)),
        'revoke-join-token': on(revokeJoinTokenRequest, (_command, { joinToken }) => {
          if ([...this.tokens.values()].some((made) => made.joinToken === joinToken)) return null;
          throw new TerminalError('not_found', 'join token not found', { status: 404 });
        }),
        'remove-identity': on(removeIdentityRequest, (_command, { kind, name }) => {
          this.removed.push(`${kind}/${name}`);
          return null;
        }),
        'set-registry-credential': on(setRegistryCredentialRequest, (_command, wish) => {
          this.registries.set(`${wish.organization} ${wish.registry}`, this.opened(wish));
          return null;
        }),
        'list-registry-credentials': on(listRegistryCredentialsRequest, (_command, { organization }) => ({
          registries: [...this.registries.keys()]
            .filter((key) => key.startsWith(`${organization} `))
            .map((key) => ({ registry: key.split(' ')[1], setAt: toTimestamp(new Date()) })),
        })),
        'remove-registry-credential': on(removeRegistryCredentialRequest, (_command, of) => {
          if (this.registries.delete(`${of.organization} ${of.registry}`)) return null;
          throw new TerminalError('not_found', 'registry not found', { status: 404 });
        }),
      },
    });
  }

  sealKey(): Promise<Uint8Array> {
    return Promise.resolve(this.seals.publicKey);
  }

  credential(organization: OrganizationId, registry: string): Promise<RegistryCredential | undefined> {
    return Promise.resolve(this.registries.get(`${organization} ${registry}`));
  }

  private opened({ organization, registry, sealed }: z.output<typeof setRegistryCredentialRequest>) {
    const context = registryCredentialContext(organization, registry);
    const bytes = unseal(this.seals, Buffer.from(sealed, 'base64'), context);
    return registryCredential.parse(JSON.parse(Buffer.from(bytes).toString()));
  }

  private token(command: string, { kind, name, lifetimeSeconds }: z.output<typeof createJoinTokenRequest>) {
    const made: CreateJoinTokenResult = this.tokens.get(command) ?? {
      joinToken: `token-${this.tokens.size}`,
      kind,
      name: HOSTS.includes(kind) ? newHostId() : (name ?? kind),
      expiresAt: toTimestamp(new Date(Date.now() + lifetimeSeconds * 1000)),
      token: `bhj_${this.tokens.size}.secret.fingerprint`,
    };
    this.tokens.set(command, made);
    return made;
  }
}
