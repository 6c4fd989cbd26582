import { commandHandler, type CommandContext, type CommandHandler } from '@bulkhead/journal';
import type { CommandAccess, Sender } from './clearing.js';

/** A command as the scheduler's handlers get it, cleared. */
export type Context = CommandContext<Sender>;
export type Handler = CommandHandler<CommandAccess, Sender>;

/** Declares a handler: who may send it, what it needs, what it takes. */
export const handler = <Input>(declared: CommandHandler<CommandAccess, Sender, Input>): Handler =>
  commandHandler(declared);
