import type { Action } from '@bulkhead/auth';
import type { z } from 'zod';
import type { Call, Claim, On } from '../operations/operation.js';
import { admit, type RequestFacts } from '../operations/perform.js';
import { parsePart } from '../operations/parse.js';
import type { GraphqlContext } from './context.js';

/** A field of a root type, behind the same gate as any route. */
export interface RootField {
  readonly name: string;
  readonly action: Action;
  readonly on: Exclude<On, 'nobody'>;
  run(context: GraphqlContext, args: unknown): Promise<unknown>;
}

interface Declared<Args extends z.ZodType, Kind extends Exclude<On, 'nobody'>> {
  /** As operations are named. */
  readonly name: string;
  readonly access: Exclude<Claim<z.output<Args>>, { on: 'nobody' }> & { readonly on: Kind };
  readonly args: Args;
  resolve(call: Call<z.output<Args>, Kind>, context: GraphqlContext): Promise<unknown>;
}

export const rootField = <Args extends z.ZodType, const Kind extends Exclude<On, 'nobody'>>({
  name,
  access,
  args,
  resolve,
}: Declared<Args, Kind>): RootField => ({
  name,
  action: access.action,
  on: access.on,
  async run(context, raw) {
    const parse = () => parsePart(args, raw);
    const call = await admit<z.output<Args>, Kind>(context.api, { name, access, parse }, context.facts);
    return resolve(call, context);
  },
});

/** The facts of one field of a request: several mutations under one key are several commands. */
export const factsOfField = (facts: RequestFacts, path: string): RequestFacts =>
  facts.idempotencyKey === undefined
    ? facts
    : { ...facts, idempotencyKey: `${facts.idempotencyKey}/${path}` };
