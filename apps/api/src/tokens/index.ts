import { createToken } from './create-token.js';
import { currentTokens } from './current-tokens.js';
import { listTokens } from './list-tokens.js';
import { revokeToken } from './revoke-token.js';

export const tokenOperations = [createToken, listTokens, revokeToken, currentTokens] as const;
