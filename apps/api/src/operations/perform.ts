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
import { commandIdentity } from './command-identity.js';
import type {
  AppTarget,
  Call,
  Claim,
  Input,
  MachineTarget,
  On,
  Operation,
  OrganizationTarget,
} from './operation.js';
import { parsePart } from './parse.js';

/** A request as a transport hands it on: REST route or GraphQL field. */
export interface RawRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly authorization: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly nonce: string | undefined;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

type AnyInput = Input<unknown, unknown, unknown>;
type AnyTarget = OrganizationTarget | AppTarget | MachineTarget | null;

/**
 * The way of every request, whatever it came by: who asks, what is asked, what it is about, may they, then the handler. Nothing
 * reaches a handler by another way.
 * @throws TerminalError | RetryableError
 */
export async function perform(api: Api, operation: Operation, request: RawRequest): Promise<Answer> {
  const caller =
    operation.access.on === 'nobody'
      ? null
      : await authenticate(request.authorization, api.tokens, api.clock.now());
  const input: AnyInput = {
    params: parsePart(operation.params, request.params),
    query: parsePart(operation.query, request.query),
    body: parsePart(operation.body, request.body),
  };
  const target = await cleared(api, operation, caller, input);
  const command = commandIdentity(caller?.principal.token ?? 'nobody', request.idempotencyKey);
  const headers: Record<string, string> =
    operation.method === 'GET' ? {} : { 'idempotency-key': command.key };
  const { nonce, requestId, signal } = request;
  const header = (name: string, value: string) => void (headers[name] = value);
  const call: Call<AnyInput, On> = { api, input, target, caller, command, nonce, requestId, signal, header };
  const body = await operation.handle(call);
  return { status: operation.status ?? 200, headers, body };
}

/** Finds what the request is about and decides whether the caller may. What is foreign and what does not exist look alike. */
async function cleared(
  api: Api,
  { name, access }: Operation,
  caller: Caller | null,
  input: AnyInput,
): Promise<AnyTarget> {
  if (access.on === 'nobody' || caller === null) return null;
  const found = await locate(api, access, caller.principal, input);
  clear({ operation: name, action: access.action, resource: found.resource }, caller.principal);
  return found.target;
}

interface Located {
  readonly resource: Resource;
  readonly target: AnyTarget;
}

type Claimed = Exclude<Claim<AnyInput>, { on: 'nobody' }>;

async function locate(api: Api, access: Claimed, principal: Principal, input: AnyInput): Promise<Located> {
  switch (access.on) {
    case 'caller':
    case 'platform':
      return { resource: { kind: access.on }, target: null };
    case 'organization': {
      const target = await api.targets.organization(access.organization(input));
      if (!target) throw notFound('organization');
      return { resource: { kind: 'organization', organization: target.organization }, target };
    }
    case 'app': {
      const target = await api.targets.app(access.app(input));
      if (!target) throw notFound('app');
      return { resource: { kind: 'app', organization: target.organization, app: target.app }, target };
    }
    case 'machine': {
      const app = await api.targets.app(access.app(input));
      if (!app || !knowsOf(principal, app.organization)) throw notFound('app');
      const target = await api.targets.machine(app, access.machine(input));
      if (!target) throw notFound('machine');
      const { organization, machine } = target;
      return { resource: { kind: 'machine', organization, app: target.app, machine }, target };
    }
  }
}
