import { z } from 'zod';
import { kind, onResources } from './kind.js';
import { isWithin, printMask, type Mask } from './mask.js';
import { prohibited } from './prohibition.js';
import { fields, flag, list, mask, text, type Shape } from './shape.js';

/** What may be done, to whatever it is. */
export const action = kind<Mask>(
  'Action',
  mask,
  onResources((allowed, { action: wanted }) =>
    isWithin(wanted, allowed)
      ? null
      : prohibited('unauthorized', `${printMask(wanted & ~allowed)} is not allowed`),
  ),
);

/** Mutations of GraphQL by name, and nothing but these. */
export const mutations = kind<{ readonly mutations: readonly string[] }>(
  'Mutations',
  fields({ mutations: list(text) }),
  onResources((body, { mutation }) => {
    if (mutation === undefined) return prohibited('unspecified', 'it is for mutations of GraphQL');
    return body.mutations.includes(mutation) ? null : prohibited('unauthorized', 'not for this mutation');
  }),
);

export interface CommandLine {
  readonly args: readonly string[];
  /** Otherwise more arguments may follow. */
  readonly exact: boolean;
}

const commandFields = fields<CommandLine>({ args: list(text), exact: flag });
const commandLine: Shape<CommandLine> = {
  ...commandFields,
  json: ({ args, exact }) => ({ args: [...args], ...(exact ? { exact } : {}) }),
  schema: z.strictObject({
    args: z
      .array(z.string())
      .max(256)
      .nullable()
      .transform((args) => args ?? []),
    exact: z.boolean().default(false),
  }),
};

/** What may be run in machines. */
export const commands = kind<readonly CommandLine[]>(
  'Commands',
  list(commandLine),
  onResources((allowed, { command }) => {
    if (command === undefined) return prohibited('unspecified', 'it is for commands in machines');
    return allowed.some((each) => matches(each, command))
      ? null
      : prohibited('unauthorized', 'not for this command');
  }),
);

const matches = ({ args, exact }: CommandLine, command: readonly string[]): boolean =>
  (exact ? args.length === command.length : args.length <= command.length) &&
  args.every((argument, index) => command[index] === argument);
