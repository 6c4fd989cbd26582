import { newId, TerminalError, type Actor, type OrganizationScope } from '@bulkhead/contracts';
import { registryReleaseContext, type RegistryCredential } from '@bulkhead/contracts/commands/vault';
import {
  compareGenerations,
  registryReleaseAggregate,
  type Generation,
  type MachineId,
  type RegistryReleaseEvent,
} from '@bulkhead/domain';
import type { Journal } from '@bulkhead/journal';
import { seal } from '@bulkhead/pki';
import type { IdentityRegistry } from '../identities/registry.js';
import { Allowance } from './allowance.js';
import type { Placements } from './placements.js';
import type { RegistryCredentials, RegistryOf } from './registry-credentials.js';

interface Options {
  readonly registryCredentials: RegistryCredentials;
  readonly registry: IdentityRegistry;
  readonly journal: Journal;
  readonly now: () => Date;
}

/** A host's request, under the id that the host gave it. */
interface Pull {
  readonly id: string;
  /** For whom the bus vouches. */
  readonly host: string;
  readonly machine: MachineId;
  readonly generation: Generation;
}

/** Requests of one host: after as many at once, so many a second. */
const HOST_ALLOWANCE = { atOnce: 50, perSecond: 5 };

/**
 * Gives registry credentials out. Each release and each refusal is an event, committed before anything leaves; a host that asks
 * without end is turned away before it could fill the journal.
 */
export class RegistryReleases {
  private readonly allowance: Allowance;

  constructor(private readonly options: Options) {
    this.allowance = new Allowance(HOST_ALLOWANCE, options.now);
  }

  /**
   * To the api, which has cleared its caller for the organization, to look an image up.
   * @param receiver which copy of the api it is.
   */
  async toResolve(of: RegistryOf, receiver: string): Promise<RegistryCredential | undefined> {
    const credential = await this.options.registryCredentials.open(of);
    if (!credential) return undefined;
    const data = { ...of, purpose: 'resolve', receiver, machine: null } as const;
    const actor = { kind: 'service', id: receiver } as const;
    await this.record(newId(), actor, of.organization, { type: 'RegistryCredentialReleased', data });
    return credential;
  }

  /**
   * To a host, for a machine that is placed there now in the generation it names, sealed to the key it enrolled with.
   * @throws TerminalError `placement_not_held`, `identity_unknown` or `identity_removed` (403).
   */
  async toPull(asked: Pull, placements: Placements): Promise<{ registry: string; sealed: string } | null> {
    const { id, host, machine } = asked;
    this.allowance.take(host);
    const { key, placement } = await this.judge(asked, placements).catch((error: unknown) =>
      this.refuse(asked, error),
    );
    const { organization, registry } = placement;
    if (registry === null) return null;
    const credential = await this.options.registryCredentials.open({ organization, registry });
    if (!credential) return null;
    const data = { organization, registry, purpose: 'pull', receiver: host, machine } as const;
    const actor = { kind: 'host', id: host } as const;
    await this.record(`${host}/${id}/released`, actor, organization, {
      type: 'RegistryCredentialReleased',
      data,
    });
    const context = registryReleaseContext(host, machine, registry);
    const sealed = seal(key, Buffer.from(JSON.stringify(credential)), context);
    return { registry, sealed: Buffer.from(sealed).toString('base64') };
  }

  private async judge({ host, machine, generation }: Pull, placements: Placements) {
    const { sealKey } = await this.options.registry.requireActive({ kind: 'worker', name: host });
    const placement = await placements(machine);
    const isHeld = placement?.host === host && compareGenerations(placement.generation, generation) === 0;
    if (sealKey && isHeld) return { key: sealKey, placement };
    throw new TerminalError(
      'placement_not_held',
      `machine ${machine} is not placed on this host in this generation`,
      { status: 403 },
    );
  }

  /** What passes is no refusal: the host asks again. */
  private async refuse({ id, host, machine }: Pull, error: unknown): Promise<never> {
    if (error instanceof TerminalError) {
      const data = { machine, receiver: host, code: error.code };
      const actor = { kind: 'host', id: host } as const;
      await this.record(`${host}/${id}/refused`, actor, 'platform', {
        type: 'RegistryCredentialRefused',
        data,
      });
    }
    throw error;
  }

  /** Once for one request and one way that it ends: asked again, it may be judged otherwise. */
  private async record(
    id: string,
    actor: Actor,
    organization: OrganizationScope,
    event: RegistryReleaseEvent,
  ): Promise<void> {
    const command = { id, content: event, actor, organization, now: this.options.now() };
    const release = newId();
    await this.options.journal.execute(command, async (decision) => {
      decision.append(await decision.load(registryReleaseAggregate, release), [event]);
      return null;
    });
  }
}
