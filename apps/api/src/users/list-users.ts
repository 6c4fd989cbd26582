import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody, noParams, noQuery } from '../operations/shapes.js';
import { allPeople, personAnswer } from './person.js';

const MOST = 10_000;

export const listUsers = operation({
  name: 'users.list',
  summary: 'List the people that the platform knows',
  method: 'GET',
  path: '/api/v1/users',
  access: { on: 'platform', action: 'read' },
  params: noParams,
  query: noQuery,
  body: noBody,
  result: z.object({ users: z.array(personAnswer) }),
  handle: async ({ api }) => ({ users: await allPeople(api.database, MOST) }),
});
