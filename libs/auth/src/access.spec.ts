import type { AppId, MachineId, OrganizationId, TokenId } from '@bulkhead/domain';
import { clear, visibleOrganization, type Action, type Principal, type Resource } from './index.js';

const own = 'org_own' as OrganizationId;
const foreign = 'org_foreign' as OrganizationId;
const token = 'tok_1' as TokenId;
const app = 'app_1' as AppId;
const machine = 'd8d1' as MachineId;

const admin: Principal = { kind: 'platform', token };
const full: Principal = { kind: 'organization', token, organization: own, access: 'full' };
const reader: Principal = { kind: 'organization', token, organization: own, access: 'read' };

const within = (organization: OrganizationId): Resource[] => [
  { kind: 'organization', organization },
  { kind: 'app', organization, app },
  { kind: 'machine', organization, app, machine },
];
const CHANGES: Action[] = ['write', 'create', 'delete', 'control'];
const outcome = (principal: Principal, action: Action, resource: Resource) => {
  try {
    clear({ operation: 'test', action, resource }, principal);
    return 'allowed';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('clear', () => {
  it('lets the platform token do everything', () => {
    for (const action of ['read', ...CHANGES] as const)
      for (const resource of [...within(own), { kind: 'platform' } as const, { kind: 'caller' } as const])
        expect(outcome(admin, action, resource)).toBe('allowed');
  });

  it('lets a full token do everything in its organization and nothing on the platform', () => {
    for (const action of ['read', ...CHANGES] as const) {
      for (const resource of within(own)) expect(outcome(full, action, resource)).toBe('allowed');
      expect(outcome(full, action, { kind: 'platform' })).toBe('forbidden');
    }
  });

  it('lets a read token read in its organization and change nothing', () => {
    for (const resource of within(own)) {
      expect(outcome(reader, 'read', resource)).toBe('allowed');
      for (const action of CHANGES) expect(outcome(reader, action, resource)).toBe('forbidden');
    }
  });

  it('makes what belongs to others look not found', () => {
    for (const principal of [full, reader])
      for (const action of ['read', ...CHANGES] as const)
        for (const resource of within(foreign)) {
          expect(outcome(principal, action, resource)).toBe('not_found');
          expect(() => clear({ operation: 'test', action, resource }, principal)).toThrow(
            `${resource.kind} not found`,
          );
        }
  });

  it('lets every valid caller read what is about itself', () => {
    for (const principal of [full, reader]) {
      expect(outcome(principal, 'read', { kind: 'caller' })).toBe('allowed');
      expect(outcome(principal, 'write', { kind: 'caller' })).toBe('forbidden');
    }
    expect(visibleOrganization(full)).toBe(own);
    expect(visibleOrganization(admin)).toBe('all');
  });
});
