import { authenticate, visibleOrganization } from '@bulkhead/auth';
import type { MachineId } from '@bulkhead/domain';
import { GraphQLError } from 'graphql';
import { z } from 'zod';
import type { EventAnswer } from '../events/event-answer.js';
import { journalName } from '../events/event-fields.js';
import { endOfEvents, readEvents } from '../events/event-reads.js';
import type { Call, Claim, On } from '../operations/operation.js';
import { admit } from '../operations/perform.js';
import { parsePart } from '../operations/parse.js';
import { narrowed } from '../organizations/narrowed.js';
import { MachineRow } from '../read-model/entities.js';
import type { GraphqlContext } from './context.js';
import { graphqlFailure } from './graphql-failure.js';
import { given } from './pages.js';
import { Wakes } from './wakes.js';

/** A field of the root type of subscriptions, behind the same gate as any route. */
export interface SubscriptionField {
  readonly name: string;
  readonly action: 'read';
  readonly on: Exclude<On, 'nobody'>;
  subscribe(context: GraphqlContext, args: unknown): Promise<AsyncIterable<unknown>>;
}

interface Declared<Args extends z.ZodType, Kind extends Exclude<On, 'nobody'>> {
  readonly name: string;
  readonly access: Exclude<Claim<z.output<Args>>, { on: 'nobody' }> & {
    readonly on: Kind;
    readonly action: 'read';
  };
  readonly args: Args;
  /** Goes on until the signal aborts. */
  items(call: Call<z.output<Args>, Kind>, signal: AbortSignal): AsyncIterable<unknown>;
}

const subscriptionField = <Args extends z.ZodType, const Kind extends Exclude<On, 'nobody'>>({
  name,
  access,
  args,
  items,
}: Declared<Args, Kind>): SubscriptionField => ({
  name,
  action: 'read',
  on: access.on,
  async subscribe(context, raw) {
    const { api, facts } = context;
    const parse = () => parsePart(args, raw);
    try {
      const call = await admit<z.output<Args>, Kind>(api, { name, access, parse }, facts);
      return whileValid(context, (signal) => items(call, signal));
    } catch (error) {
      throw inWords(error, facts.requestId);
    }
  },
});

/** Ends with the token that it was begun with: a subscription outlives no revocation. Nothing is told after one. */
async function* whileValid(
  { api, facts }: GraphqlContext,
  begin: (signal: AbortSignal) => AsyncIterable<unknown>,
): AsyncGenerator<unknown> {
  const over = new AbortController();
  const signal = AbortSignal.any([facts.signal, over.signal]);
  try {
    for await (const item of begin(signal)) {
      await authenticate(facts.authorization, api.tokens, api.clock.now());
      yield item;
    }
  } catch (error) {
    throw inWords(error, facts.requestId);
  } finally {
    over.abort();
  }
}

/** What ends a subscription reaches the client as it is thrown. */
function inWords(error: unknown, requestId: string): GraphQLError {
  const { answer } = graphqlFailure(new GraphQLError('', { originalError: asError(error) }), requestId);
  return new GraphQLError(answer.message, { extensions: answer.extensions ?? {} });
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

export const subscriptionFields = {
  machineChanged: subscriptionField({
    name: 'machines.changed',
    access: { on: 'app', action: 'read', app: ({ appName }) => appName },
    args: z.object({ appName: z.string(), machineId: given(z.string()) }),
    async *items({ api, target, input }, signal) {
      const changed = new Wakes<string>(signal);
      const stop = api.changes.watchJournal('scheduler', (aggregates) =>
        changed.add(
          aggregates.filter((key) => key.startsWith('machine/')).map((key) => key.slice('machine/'.length)),
        ),
      );
      try {
        for await (const ids of changed) {
          const wanted = input.machineId === undefined ? ids : ids.filter((id) => id === input.machineId);
          for (const id of wanted) {
            // Ids come from the read model's own announcements.
            const row = await api.source
              .getRepository(MachineRow)
              .findOneBy({ id: id as MachineId, app: target.app });
            if (row) yield { machineChanged: row };
          }
        }
      } finally {
        stop();
      }
    },
  }),
  eventAdded: subscriptionField({
    name: 'events.added',
    access: { on: 'caller', action: 'read' },
    args: z.object({ journal: journalName, organizationId: given(z.string()) }),
    async *items({ api, caller, input: { journal, organizationId } }, signal) {
      const organization = await narrowed(api, visibleOrganization(caller.principal), organizationId);
      const changed = new Wakes<string>(signal);
      const stop = api.changes.watchJournal(journal, (aggregates) => changed.add(aggregates));
      try {
        let after = await endOfEvents(api.source, { journal, organization });
        for await (const _ of changed) {
          for (;;) {
            const page = await readEvents(api.source, {
              journal,
              organization,
              after,
              order: 'asc',
              limit: 100,
            });
            for (const event of page.items) yield { eventAdded: event satisfies EventAnswer };
            after = page.next ?? after;
            if (page.items.length === 0) break;
          }
        }
      } finally {
        stop();
      }
    },
  }),
};
