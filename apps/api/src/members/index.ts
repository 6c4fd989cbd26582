import { listMembers } from './list-members.js';
import { removeMember } from './remove-member.js';
import { setMember } from './set-member.js';

export const memberOperations = [listMembers, setMember, removeMember] as const;
