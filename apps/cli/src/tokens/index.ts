import { Command } from 'commander';
import type { Context } from '../context.js';
import { createToken } from './create.js';
import { listTokens } from './list.js';
import { revokeToken } from './revoke.js';

export const tokensCommand = (context: Context) =>
  new Command('tokens')
    .description('tokens: what opens the API')
    .addCommand(listTokens(context))
    .addCommand(createToken(context))
    .addCommand(revokeToken(context));
