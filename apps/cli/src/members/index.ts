import { Command } from 'commander';
import type { Context } from '../context.js';
import { listMembers } from './list.js';
import { removeMember } from './remove.js';
import { setMember } from './set.js';

export const membersCommand = (context: Context) =>
  new Command('members')
    .description('who belongs to an organization, and as what')
    .addCommand(listMembers(context))
    .addCommand(setMember(context))
    .addCommand(removeMember(context));
