import { Argument, Command } from 'commander';
import type { Context } from '../context.js';
import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { wordTree } from './words.js';
import { zshScript } from './zsh.js';

const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;
type Shell = keyof typeof SHELLS;
const shells = Object.keys(SHELLS) as Shell[];

export const completionCommand = (context: Context, program: Command) =>
  new Command('completion')
    .description('print a completion script for your shell')
    .addArgument(new Argument('<shell>').choices(shells))
    .addHelpText(
      'after',
      '\n  bash: source <(bulkhead completion bash)\n  zsh:  source <(bulkhead completion zsh)\n  fish: bulkhead completion fish | source',
    )
    .action((shell: Shell) => context.print(SHELLS[shell](wordTree(program))));
