import { createJoinToken } from './create-join-token.js';
import { removeIdentity } from './remove-identity.js';
import { revokeJoinToken } from './revoke-join-token.js';

export const identityOperations = [createJoinToken, revokeJoinToken, removeIdentity] as const;
