import type { HostId } from '@bulkhead/domain';
import {
  appId,
  hostId,
  machineId,
  organizationId,
  RetryableError,
  TerminalError,
  type Actor,
} from '@bulkhead/contracts';
import { authenticate, clear, type Action, type Principal, type Resource } from '@bulkhead/auth';
import type { Cleared } from '@bulkhead/journal';
import { z } from 'zod';
import type { Directory } from '../directory/directory.js';
import type { AppRow, IdentityRow } from '../storage/entities.js';

/** What a command needs. Those of users carry their credential; those of hosts are vouched for by the bus and their enrolment. */
export type CommandAccess =
  | {
      readonly by: 'user';
      readonly action: Action;
      readonly on: 'machine' | 'app' | 'organization' | 'platform';
    }
  | { readonly by: 'host'; readonly kinds: readonly string[] }
  /** Another service in its own right: which ones is said by the handler's callers. */
  | { readonly by: 'service' };

/** As whom a command was cleared. */
export type Sender =
  | { readonly kind: 'user'; readonly principal: Principal; readonly app: AppRow | null }
  | { readonly kind: 'host'; readonly host: HostId; readonly identity: IdentityRow }
  | { readonly kind: 'service'; readonly service: string };

/** Who is responsible for what a command does. */
export function actorOf(sender: Sender): Actor {
  switch (sender.kind) {
    case 'user':
      return { kind: 'token', id: sender.principal.token };
    case 'host':
      return { kind: 'host', id: sender.host };
    case 'service':
      return { kind: 'service', id: sender.service };
  }
}

/** The choke point of every command: nothing reaches a handler by another way. */
export const clearing =
  (directory: Directory, now: () => Date) =>
  async (access: CommandAccess, asked: Cleared): Promise<Sender> => {
    switch (access.by) {
      case 'user':
        return clearUser(directory, now(), access, asked);
      case 'host':
        return clearHost(directory, access.kinds, asked);
      case 'service':
        return { kind: 'service', service: asked.caller };
    }
  };

async function clearUser(
  directory: Directory,
  now: Date,
  access: Extract<CommandAccess, { by: 'user' }>,
  asked: Cleared,
): Promise<Sender> {
  const { principal } = await authenticate(asked.credential, directory, now);
  const { resource, app } = await resourceOf(directory, access.on, asked.input);
  clear({ operation: asked.name, action: access.action, resource }, principal);
  return { kind: 'user', principal, app };
}

const onApp = z.object({ app: appId });
const onMachine = z.object({ app: appId, machine: machineId });
const onOrganization = z.object({ organization: organizationId });

async function resourceOf(
  directory: Directory,
  on: 'machine' | 'app' | 'organization' | 'platform',
  input: unknown,
): Promise<{ resource: Resource; app: AppRow | null }> {
  switch (on) {
    case 'platform':
      return { resource: { kind: 'platform' }, app: null };
    case 'organization':
      return { resource: { kind: 'organization', ...onOrganization.parse(input) }, app: null };
    case 'app': {
      const app = await knownApp(directory, onApp.parse(input).app);
      return { resource: { kind: 'app', organization: app.organization, app: app.id }, app };
    }
    case 'machine': {
      const { app: id, machine } = onMachine.parse(input);
      const app = await knownApp(directory, id);
      return { resource: { kind: 'machine', organization: app.organization, app: app.id, machine }, app };
    }
  }
}

/** The api has found the app, so not to know it means to be behind the api's journal. */
async function knownApp(directory: Directory, id: AppRow['id']): Promise<AppRow> {
  const app = await directory.app(id);
  if (!app)
    throw new RetryableError('projection_behind', 'this app is not known here yet; try again', 50, {
      details: { app: id },
    });
  return app;
}

async function clearHost(directory: Directory, kinds: readonly string[], asked: Cleared): Promise<Sender> {
  const host = hostId.safeParse(asked.caller);
  const identity = host.success ? await directory.host(host.data) : null;
  if (!host.success) throw refused(asked, 'its name is no host id');
  if (!identity)
    throw new RetryableError('projection_behind', 'this host is not known here yet; try again', 250, {
      details: { host: host.data },
    });
  if (identity.removed) throw refused(asked, 'it was removed');
  if (!kinds.includes(identity.kind)) throw refused(asked, `it enrolled as ${identity.kind}`);
  return { kind: 'host', host: host.data, identity };
}

const refused = ({ name, caller }: Cleared, why: string) =>
  new TerminalError('host_refused', `${caller} may not send ${name}: ${why}`, {
    status: 403,
    operator: `${caller} tried ${name}: ${why}`,
  });
