import { newUserId } from '@bulkhead/contracts';
import { userAggregate } from '@bulkhead/domain';
import { z } from 'zod';
import { decideHere } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { noParams, noQuery } from '../operations/shapes.js';
import { nextNumber } from '../read-model/numbers.js';
import { addPerson, email, personAnswer } from './person.js';

export const createUser = operation({
  name: 'users.create',
  summary: 'Make a person known to the platform',
  method: 'POST',
  path: '/api/v1/users',
  access: { on: 'platform', action: 'create' },
  params: noParams,
  query: noQuery,
  body: z.strictObject({ name: z.string().trim().min(1).max(128), email }),
  result: personAnswer,
  status: 201,
  async handle(call) {
    const { body } = call.input;
    const wanted = { user: newUserId(), number: await nextNumber(call.api.database, 'user_number') };
    const { user } = await decideHere(call, 'platform', { create: 'user', ...body }, async (decision) => {
      const fresh = await decision.load(userAggregate, wanted.user);
      decision.append(fresh, userAggregate.decide({ type: 'create', ...wanted }, fresh.state));
      await addPerson(decision, { id: wanted.user, ...body });
      return { user: wanted.user };
    });
    return { id: user, ...body };
  },
});
