import {
  authenticate,
  clear,
  knowsOf,
  notFound,
  type Caller,
  type Principal,
  type Resource,
} from '@bulkhead/auth';
import type { Api } from '../api.js';
import type { AppTarget, MachineTarget, OrganizationTarget } from '../read-model/targets.js';
import { commandIdentity } from './command-identity.js';
import { changing, reading } from './database-away.js';
import type { Call, Claim, Input, On, Operation } from './operation.js';
import { parsePart } from './parse.js';

/** What any transport says of a request beside what is asked. */
export interface RequestFacts {
  readonly authorization: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly nonce: string | undefined;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

/** A request for an operation, unread. */
export interface RawRequest extends RequestFacts {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

type AnyInput = Input<unknown, unknown, unknown>;
type AnyTarget = OrganizationTarget | AppTarget | MachineTarget | null;

/** What the gate needs to know of whatever lies behind it. */
interface Gated<In> {
  readonly name: string;
  readonly access: Claim<In>;
  /** @throws TerminalError `invalid_request` */
  parse(): In;
}

/**
 * The gate before every handler, whatever a request came by: who asks, what is asked, what it is about, and may they. Nothing reaches
 * a handler by another way. What is foreign and what does not exist look alike. `Kind` is what the access is on.
 * @throws TerminalError | RetryableError
 */
export async function admit<In, Kind extends On>(
  api: Api,
  { name, access, parse }: Gated<In>,
  request: RequestFacts,
  headers: Record<string, string> = {},
): Promise<Call<In, Kind>> {
  const open = access.on === 'nobody';
  const authenticated = () => authenticate(request.authorization, api.tokens, api.clock.now());
  const caller = open ? null : await reading(authenticated);
  const input = parse();
  const target = caller === null ? null : await reading(() => cleared(api, name, access, caller, input));
  const command = commandIdentity(caller?.principal.token ?? 'nobody', request.idempotencyKey);
  const { nonce, requestId, signal } = request;
  const header = (field: string, value: string) => void (headers[field] = value);
  // The target is of the kind that the access names: `locate` found it by that name.
  return { api, caller, input, target, command, nonce, requestId, signal, header } as Call<In, Kind>;
}

/** Carries out an operation for a REST route or a GraphQL field. @throws TerminalError | RetryableError */
export async function perform(api: Api, operation: Operation, request: RawRequest): Promise<Answer> {
  const headers: Record<string, string> = {};
  const parse = (): AnyInput => ({
    params: parsePart(operation.params, request.params),
    query: parsePart(operation.query, request.query),
    body: parsePart(operation.body, request.body),
  });
  const call = await admit<AnyInput, On>(api, { ...operation, parse }, request, headers);
  const handle = () => operation.handle(call);
  if (operation.method === 'GET')
    return { status: operation.status ?? 200, headers, body: await reading(handle) };
  call.header('idempotency-key', call.command.key);
  const body = await changing(call.command.key, handle);
  return { status: operation.status ?? 200, headers, body };
}

async function cleared<In>(
  api: Api,
  operation: string,
  access: Claim<In>,
  caller: Caller,
  input: In,
): Promise<AnyTarget> {
  if (access.on === 'nobody') return null;
  const { resource, target } = await locate(api, access, caller.principal, input);
  clear({ operation, action: access.action, resource }, caller.principal);
  return target;
}

interface Located {
  readonly resource: Resource;
  readonly target: AnyTarget;
}

async function locate<In>(
  api: Api,
  access: Exclude<Claim<In>, { on: 'nobody' }>,
  principal: Principal,
  input: In,
): Promise<Located> {
  switch (access.on) {
    case 'caller':
    case 'platform':
      return { resource: { kind: access.on }, target: null };
    case 'organization': {
      const name = await access.organization(input, api);
      const target = name === null ? null : await api.targets.organization(name);
      if (!target) throw notFound('organization');
      return { resource: { kind: 'organization', organization: target.organization }, target };
    }
    case 'app': {
      const target = await appNamed(api, await access.app(input, api));
      return { resource: { kind: 'app', organization: target.organization, app: target.app }, target };
    }
    case 'machine': {
      const app = await appNamed(api, await access.app(input, api));
      if (!knowsOf(principal, app.organization)) throw notFound('app');
      const id = await access.machine(input, api);
      const target = id === null ? null : await api.targets.machine(app, id);
      if (!target) throw notFound('machine');
      const { organization, machine } = target;
      return { resource: { kind: 'machine', organization, app: target.app, machine }, target };
    }
  }
}

async function appNamed(api: Api, name: string | null): Promise<AppTarget> {
  const app = name === null ? null : await api.targets.app(name);
  if (!app) throw notFound('app');
  return app;
}
