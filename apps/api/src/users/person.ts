import type { UserId } from '@bulkhead/domain';
import type { Decision, Sql } from '@bulkhead/journal';
import { Refusal } from '@bulkhead/domain';
import { z } from 'zod';

/** What a person is called: in no event, answer of a command or log, but in one table from which it can be erased. */
export interface Person {
  readonly id: UserId;
  readonly name: string | null;
  readonly email: string | null;
}

export const personAnswer = z.object({
  id: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
});

/** Addresses that differ in case alone are one person's. */
export const email = z
  .email()
  .max(254)
  .transform((text) => text.toLowerCase());

/** Within the decision that makes the user. @throws Refusal `email_taken` */
export async function addPerson(decision: Decision, { id, name, email }: Person): Promise<void> {
  const added = await decision.sql(
    'insert into person (id, name, email) values ($1, $2, $3) on conflict (email) do nothing returning id',
    [id, name, email],
  );
  if (added.length === 0) throw new Refusal('email_taken', 'another user has this e-mail address', 422);
}

export async function peopleBy(sql: Sql, ids: readonly UserId[]): Promise<ReadonlyMap<UserId, Person>> {
  const found = await sql.query<{ id: UserId; name: string | null; email: string | null }>(
    'select id, name, email from person where id = any($1::text[])',
    [[...ids]],
  );
  return new Map(found.map((person) => [person.id, person]));
}

/** Everybody, in the order in which they came. */
export const allPeople = (sql: Sql, most: number): Promise<Person[]> =>
  sql.query<{ id: UserId; name: string | null; email: string | null }>(
    'select id, name, email from person order by id limit $1',
    [most],
  );
