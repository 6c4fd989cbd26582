import { Command } from 'commander';
import type { Context } from '../context.js';
import { attenuateToken } from './attenuate.js';
import { createToken } from './create.js';
import { debugToken } from './debug.js';
import { listTokens } from './list.js';
import { revokeToken } from './revoke.js';

export const tokensCommand = (context: Context) =>
  new Command('tokens')
    .description('tokens: what opens the API')
    .addCommand(listTokens(context))
    .addCommand(createToken(context))
    .addCommand(revokeToken(context))
    .addCommand(attenuateToken(context))
    .addCommand(debugToken(context));
