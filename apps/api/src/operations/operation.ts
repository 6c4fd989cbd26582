import type { Action, Caller } from '@bulkhead/auth';
import type { z } from 'zod';
import type { Api } from '../api.js';
import type { AppTarget, MachineTarget, OrganizationTarget } from '../read-model/targets.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What came in, parsed. */
export interface Input<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
}

/** A name that a request holds or leads to; null where it leads nowhere. */
type Name = string | null | Promise<string | null>;

/** What is needed to carry an operation out: the requirement, and where the request names what it is on. */
export type Claim<In> =
  | { readonly on: 'nobody' }
  | { readonly on: 'caller' | 'platform'; readonly action: Action }
  /** By slug or id. */
  | { readonly on: 'organization'; readonly action: Action; organization(input: In, api: Api): Name }
  | { readonly on: 'app'; readonly action: Action; app(input: In, api: Api): Name }
  | {
      readonly on: 'machine';
      readonly action: Action;
      app(input: In, api: Api): Name;
      machine(input: In, api: Api): Name;
    };

interface Targets {
  readonly nobody: null;
  readonly caller: null;
  readonly platform: null;
  readonly organization: OrganizationTarget;
  readonly app: AppTarget;
  readonly machine: MachineTarget;
}
export type On = keyof Targets;
export type Target<Kind extends On> = Targets[Kind];

/** The id under which a mutation's command is sent, and the key that gets its answer again. */
export interface CommandIdentity {
  readonly id: string;
  readonly key: string;
}

export interface Call<In, Kind extends On> {
  readonly api: Api;
  readonly input: In;
  readonly target: Target<Kind>;
  /** Null where the operation is open to nobody in particular. */
  readonly caller: Kind extends 'nobody' ? null : Caller;
  readonly command: CommandIdentity;
  /** `fly-machine-lease-nonce`. */
  readonly nonce: string | undefined;
  readonly requestId: string;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  /** Headers of the answer. */
  header(name: string, value: string): void;
}

/** One thing that the API does: route, shapes, required access and handler beside one another. */
export interface Operation<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
  Kind extends On = On,
> {
  /** `<noun>.<verb>`; tokens' caveats may name it. */
  readonly name: string;
  readonly summary: string;
  readonly method: Method;
  /** With `:parameters`. */
  readonly path: string;
  readonly access: Claim<Input<z.output<Params>, z.output<Query>, z.output<Body>>> & { readonly on: Kind };
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly result: Result;
  /** 200 unless said otherwise. */
  readonly status?: number;
  handle(
    call: Call<Input<z.output<Params>, z.output<Query>, z.output<Body>>, Kind>,
  ): Promise<z.input<Result>>;
}

/** Declares an operation; only checks types. */
export const operation = <
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Result extends z.ZodType,
  const Kind extends On,
>(
  declared: Operation<Params, Query, Body, Result, Kind>,
): Operation<Params, Query, Body, Result, Kind> => declared;
