import { Argument, Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { duration } from '../input/duration.js';

const KINDS = ['worker', 'edge', 'gateway', 'api', 'scheduler', 'audit'] as const;
type Kind = (typeof KINDS)[number];

const options = z.object({ expires: duration.default(86_400), name: z.string().optional() });
const joinToken = z.looseObject({
  id: z.string(),
  kind: z.enum(KINDS),
  name: z.string(),
  expires_at: z.string(),
  token: z.string(),
});

export const createJoinToken = (context: Context) =>
  new Command('join-token')
    .description('make a one-time token with which a host joins; its text is shown this once')
    .addArgument(new Argument('<kind>', 'what joins: a host, or a copy of a service').choices(KINDS))
    .option('--expires <duration>', 'good for this long, at most 30d (1d)')
    .option('--name <name>', 'of a service’s copy; a host is called by its new id')
    .action(async (kind: Kind, given: unknown) => {
      const { expires, name } = options.parse(given);
      const body = { kind, expires_in: expires, ...(name === undefined ? {} : { name }) };
      const made = await context.api.post('/api/v1/join-tokens', body, joinToken);
      context.progress(
        `Good once, until ${made.expires_at}; it makes ${made.name}. On that host (docs/install.md), paste it into the first of\n` +
          `${onTheHost(made.kind).join('\n')}\nTo take it back: bulkhead hosts revoke-join-token ${made.id}`,
      );
      context.show(made, () => made.token);
    });

/** The token goes in by standard input: on a command line others on the host could read it. */
function onTheHost(kind: Kind): readonly string[] {
  const user = `bulkhead-${kind}`;
  return [
    `  sudo install -m 0600 -o ${user} -g ${user} /dev/stdin /var/lib/bulkhead/${kind}/join-token`,
    `  sudo systemctl enable --now ${unitsOf(kind).join(' ')}`,
  ];
}

function unitsOf(kind: Kind): readonly string[] {
  switch (kind) {
    case 'worker':
      return ['bulkhead-hostd', 'bulkhead-worker'];
    case 'edge':
    case 'gateway':
      return [`bulkhead-${kind}`];
    case 'api':
    case 'scheduler':
    case 'audit':
      return [`bulkhead@${kind}`];
  }
}
