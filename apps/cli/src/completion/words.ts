import type { Command } from 'commander';

/** What can follow a prefix of command words: `''` for the program itself, then `apps`, `apps list`, ... */
export type WordTree = ReadonlyMap<string, readonly string[]>;

/** The words of the whole command line, read from the commands themselves. */
export function wordTree(program: Command): WordTree {
  const tree = new Map<string, readonly string[]>();
  const global = program.options.flatMap(({ long }) => long ?? []);
  const visit = (command: Command, prefix: string) => {
    const options = [...command.options.flatMap(({ long }) => long ?? []), ...global, '--help'];
    tree.set(prefix, [...new Set([...command.commands.map((sub) => sub.name()), ...options])]);
    for (const sub of command.commands) visit(sub, `${prefix} ${sub.name()}`.trim());
  };
  visit(program, '');
  return tree;
}
