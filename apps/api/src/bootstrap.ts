import { newTokenId, type Actor, type Touched } from '@bulkhead/contracts';
import { tokenAggregate } from '@bulkhead/domain';
import type { Database, Journal } from '@bulkhead/journal';
import { foundOrganization, newOrganization } from './organizations/create-organization.js';

const ACTOR: Actor = { kind: 'bootstrap', id: 'init' };

/** The slug that existing clients know the first organization by. */
export const FIRST_ORGANIZATION = 'personal';

/**
 * What a platform begins with: the operator's token, of which only the hash is known here, and a first organization. Each is a
 * command of its own id, so that doing it again at every start does nothing.
 * @returns what has to be readable before the API is of use.
 * @param adminSha256 SHA-256 of the token's text in hex. Another one at a later start adds a token and revokes none.
 */
export async function bootstrap(
  {
    journal,
    database,
    now,
  }: { readonly journal: Pick<Journal, 'execute'>; readonly database: Database; readonly now: Date },
  adminSha256: string,
): Promise<readonly Touched[]> {
  const token = newTokenId();
  const administrator = await journal.execute(
    {
      id: `bootstrap-token-${adminSha256}`,
      content: { adminSha256 },
      actor: ACTOR,
      organization: 'platform',
      now,
    },
    async (decision) => {
      const fresh = await decision.load(tokenAggregate, token);
      const create = {
        type: 'create',
        token,
        name: 'bootstrap administrator',
        scope: { kind: 'platform' },
        sha256: adminSha256,
        expiresAt: null,
      } as const;
      decision.append(fresh, tokenAggregate.decide(create, fresh.state));
      return null;
    },
  );
  const wanted = await newOrganization({ database }, FIRST_ORGANIZATION, 'personal');
  const organization = await journal.execute(
    {
      id: 'bootstrap-organization',
      content: { slug: FIRST_ORGANIZATION },
      actor: ACTOR,
      organization: 'platform',
      now,
    },
    (decision) => foundOrganization(decision, wanted),
  );
  return [...administrator.touched, ...organization.touched];
}
