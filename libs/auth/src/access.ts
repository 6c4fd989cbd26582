import type { AppId, MachineId, OrganizationId, TokenId } from '@bulkhead/domain';
import { TerminalError } from '@bulkhead/contracts';

/** What is to be done: `control` changes what runs (start, stop, exec), `write` what is configured. */
export type Action = 'read' | 'write' | 'create' | 'delete' | 'control';

/** What an action is done to. `caller` is whoever asks: what each valid credential may do. */
export type Resource =
  | { readonly kind: 'caller' }
  | { readonly kind: 'platform' }
  | { readonly kind: 'organization'; readonly organization: OrganizationId }
  | { readonly kind: 'app'; readonly organization: OrganizationId; readonly app: AppId }
  | {
      readonly kind: 'machine';
      readonly organization: OrganizationId;
      readonly app: AppId;
      readonly machine: MachineId;
    };
export type ResourceKind = Resource['kind'];

/** One thing that somebody wants to do to one resource. */
export interface Access {
  /** The operation's name, such as `machines.create`; caveats of tokens may name it. */
  readonly operation: string;
  readonly action: Action;
  readonly resource: Resource;
}

/**
 * What a route, field, command or subscription states beside its handler. `nobody` is open to the world and is for what holds no
 * tenant's data. There is no default: what states nothing does not start.
 */
export type Requirement = { readonly action: Action; readonly on: ResourceKind } | 'nobody';

/** Who asks, as far as a valid credential says. */
export type Principal =
  | { readonly kind: 'platform'; readonly token: TokenId }
  | {
      readonly kind: 'organization';
      readonly token: TokenId;
      readonly organization: OrganizationId;
      readonly access: 'full' | 'read';
    };

/** The organizations a principal may know of: all, or one. */
export const visibleOrganization = (principal: Principal): OrganizationId | 'all' =>
  principal.kind === 'platform' ? 'all' : principal.organization;

/** Whether a principal may know that an organization's things exist. */
export function knowsOf(principal: Principal, organization: OrganizationId): boolean {
  const visible = visibleOrganization(principal);
  return visible === 'all' || visible === organization;
}

type Verdict = 'allowed' | 'forbidden' | 'invisible';

/**
 * The one place where access is decided. Whatever no rule allows is refused.
 * @throws TerminalError `not_found` for what the principal may not know of, `forbidden` for what it may only see.
 */
export function clear(access: Access, principal: Principal): void {
  const verdict = judge(access, principal);
  if (verdict === 'invisible') throw notFound(access.resource.kind);
  if (verdict === 'forbidden')
    throw new TerminalError(
      'forbidden',
      `this token does not allow ${access.action} on this ${access.resource.kind}`,
      {
        status: 403,
        operator: `${access.operation} refused to token ${principal.token}`,
        details: { operation: access.operation, action: access.action, resource: access.resource.kind },
      },
    );
}

function judge({ action, resource }: Access, principal: Principal): Verdict {
  if (principal.kind === 'platform') return 'allowed';
  switch (resource.kind) {
    case 'caller':
      return action === 'read' ? 'allowed' : 'forbidden';
    case 'platform':
      return 'forbidden';
    case 'organization':
    case 'app':
    case 'machine':
      if (!knowsOf(principal, resource.organization)) return 'invisible';
      return principal.access === 'full' || action === 'read' ? 'allowed' : 'forbidden';
  }
}

/** The same words for what does not exist and for what the caller may not know of. */
export const notFound = (what: ResourceKind | 'token' | 'host'): TerminalError =>
  new TerminalError('not_found', `${what} not found`, { status: 404 });
