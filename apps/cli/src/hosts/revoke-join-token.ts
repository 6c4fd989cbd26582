import { Command } from 'commander';
import type { Context } from '../context.js';

export const revokeJoinToken = (context: Context) =>
  new Command('revoke-join-token')
    .description('make a join token worth nothing; who joined with it stays')
    .argument('<id>')
    .action(async (id: string) => {
      await context.api.delete(`/api/v1/join-tokens/${encodeURIComponent(id)}`);
      context.show({ id, revoked: true }, () => `Revoked ${id}.`);
    });
