import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  appAggregate,
  appNameAggregate,
  hostAggregate,
  interventionAggregate,
  machineAggregate,
  machineNameAggregate,
  membershipAggregate,
  organizationAggregate,
  organizationSlugAggregate,
  platformRoleAggregate,
  quotaAggregate,
  tokenAggregate,
  userAggregate,
  type Aggregate,
  type DomainEvent,
} from '@bulkhead/domain';
import { EventCodec } from '@bulkhead/journal';
import { z } from 'zod';
import { eventOfAnyType, type EventContracts } from '../../index.js';
import { apiContracts, schedulerContracts } from '../../events.js';

/**
 * Histories as releases have written them: a file is added when an event or a version is, and none is ever changed. Whatever they
 * hold must be read, folded and erased for as long as there are journals.
 */
const history = z.array(
  z.object({
    aggregate: z.string(),
    id: z.string(),
    status: z.string().nullable(),
    events: z.array(eventOfAnyType),
  }),
);
const folder = join(import.meta.dirname);
const histories = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .flatMap((file) => history.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))));

const contracts: EventContracts = { ...apiContracts, ...schedulerContracts };
const codec = new EventCodec(contracts);
/** Of events whose types the test can't know; each aggregate folds its own. */
const aggregates = new Map<string, Aggregate<{ status?: string }, DomainEvent>>(
  [
    organizationAggregate,
    organizationSlugAggregate,
    appAggregate,
    appNameAggregate,
    tokenAggregate,
    quotaAggregate,
    machineAggregate,
    machineNameAggregate,
    hostAggregate,
    interventionAggregate,
    userAggregate,
    membershipAggregate,
    platformRoleAggregate,
  ].map((aggregate) => [aggregate.type, aggregate as unknown as Aggregate<{ status?: string }, DomainEvent>]),
);

describe('the golden history', () => {
  it('holds every version of every event', () => {
    const shipped = new Set(histories.flatMap(({ events }) => events.map(({ type, v }) => `${type} ${v}`)));
    const all = Object.entries(contracts).flatMap(([type, { v }]) =>
      Array.from({ length: v }, (_, below) => `${type} ${below + 1}`),
    );
    expect(all.filter((event) => !shipped.has(event))).toEqual([]);
  });

  it.each(histories)('of $aggregate $id leads where it led', ({ aggregate, status, events }) => {
    expect(foldAll(aggregate, events).status ?? null).toBe(status);
  });

  it.each(histories)(
    'of $aggregate $id leads there without what was erased',
    ({ aggregate, status, events }) => {
      const erased = z.array(eventOfAnyType).parse(JSON.parse(JSON.stringify(events), erase));
      expect(JSON.stringify(erased)).not.toContain('$sealed');
      expect(foldAll(aggregate, erased).status ?? null).toBe(status);
    },
  );
});

function foldAll(type: string, events: readonly z.infer<typeof eventOfAnyType>[]): { status?: string } {
  const aggregate = aggregates.get(type);
  if (!aggregate) throw new Error(`no aggregate ${type}`);
  return events.map((event) => codec.decode(event)).reduce(aggregate.evolve, aggregate.initial);
}

const erase = (_key: string, value: unknown) =>
  typeof value === 'object' && value !== null && '$sealed' in value ? { $erased: true } : value;
