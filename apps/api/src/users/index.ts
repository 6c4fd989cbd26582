import { createUser } from './create-user.js';
import { listUsers } from './list-users.js';

export const userOperations = [createUser, listUsers] as const;
