import { newHostId, RetryableError, TerminalError, toTimestamp, type Actor } from '@bulkhead/contracts';
import {
  createJoinTokenRequest,
  removeIdentityRequest,
  revokeJoinTokenRequest,
  type CreateJoinTokenResult,
} from '@bulkhead/contracts/commands/vault';
import { commandHandler, serveCommands, type Bus, type CommandContext } from '@bulkhead/journal';
import type { z } from 'zod';

const HOSTS: readonly string[] = ['worker', 'edge', 'gateway'];

/** Stands in for the vault: join tokens and identities, by the same command the same. */
export class ScriptedVault {
  readonly removed: string[] = [];
  /** Who was responsible for what it was asked. */
  readonly actors: (Actor | undefined)[] = [];
  /** While set, it can do nothing. */
  isDown = false;
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
      },
    });
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
