import { Command } from 'commander';
import { appsCommand } from './app/index.js';
import { completionCommand } from './completion/index.js';
import type { Context } from './context.js';
import { doctorCommand } from './doctor/index.js';
import { auditCommand } from './audit/index.js';
import { eventsCommand } from './events/index.js';
import { journalCommand } from './journal/index.js';
import { hostsCommand } from './hosts/index.js';
import { machineCommand } from './machine/index.js';
import { membersCommand } from './members/index.js';
import { parkedCommand } from './parked/index.js';
import { registriesCommand } from './registries/index.js';
import { replayCommand } from './replay/index.js';
import { orgsCommand } from './orgs/index.js';
import { tokensCommand } from './tokens/index.js';
import { usersCommand } from './users/index.js';

const EXIT_CODES = `
Exit codes:
  0 done   1 unexpected   2 wrong usage   3 not found   4 not allowed   5 refused   6 no answer in time   7 problems found
  machine exec ends with the code of the command it ran.`;

/** The whole command line: one noun a folder, one verb a file. */
export function buildProgram(context: Context): Command {
  const program = new Command('bulkhead')
    .description('Runs container images as hardware-isolated machines on your own hosts.')
    .version('0.1.0')
    .option('--json', 'print JSON, for programs')
    .showHelpAfterError('(see --help)')
    .addHelpText('after', EXIT_CODES)
    .hook('preAction', (root) => {
      context.json = root.opts()['json'] === true;
    })
    .addCommand(orgsCommand(context))
    .addCommand(membersCommand(context))
    .addCommand(usersCommand(context))
    .addCommand(appsCommand(context))
    .addCommand(machineCommand(context))
    .addCommand(hostsCommand(context))
    .addCommand(eventsCommand(context))
    .addCommand(tokensCommand(context))
    .addCommand(registriesCommand(context))
    .addCommand(replayCommand(context))
    .addCommand(auditCommand(context))
    .addCommand(journalCommand(context))
    .addCommand(parkedCommand(context))
    .addCommand(doctorCommand(context));
  return program.addCommand(completionCommand(context, program));
}
