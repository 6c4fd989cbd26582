import { describe, expect, it } from '@jest/globals';
import { given } from '@bulkhead/testing/given';
import { appAggregate } from './app/index.js';
import { appNameAggregate } from './app-name/index.js';
import type { AppId, MachineId, OrganizationId, TokenId } from './ids.js';
import { machineNameAggregate, machineNameId } from './machine-name/index.js';
import { organizationAggregate } from './organization/index.js';
import { organizationSlugAggregate } from './organization-slug/index.js';
import { tokenAggregate } from './token/index.js';

const app = 'app_x' as AppId;
const organization = 'org_x' as OrganizationId;
const machine = '0000000000000a' as MachineId;
const other = '0000000000000b' as MachineId;

describe('a machine name', () => {
  const name = 'web-1';
  const taken = { type: 'MachineNameTaken' as const, data: { app, name, machine } };

  it('is given once per app, and says who has it', () => {
    given(machineNameAggregate).when({ type: 'take', app, name, machine }).then(taken);
    const refusal = given(machineNameAggregate, taken)
      .when({ type: 'take', app, name, machine: other })
      .thenRefused('already_exists', 409);
    expect(refusal?.message).toContain(machine);
    expect(machineNameId(app, name)).toBe('app_x/web-1');
  });

  it('comes free with its machine alone', () => {
    given(machineNameAggregate, taken).when({ type: 'release', app, name, machine: other }).thenNothing();
    given(machineNameAggregate, taken)
      .when({ type: 'release', app, name, machine })
      .then({ type: 'MachineNameReleased', data: { app, name, machine } });
  });

  it('is a DNS label', () => {
    given(machineNameAggregate)
      .when({ type: 'take', app, name: 'Web_1', machine })
      .thenRefused('invalid_name', 422);
  });
});

describe('an app name', () => {
  it('is unique on the platform until its app is deleted', () => {
    const taken = { type: 'AppNameTaken' as const, data: { name: 'shop', app } };
    const released = { type: 'AppNameReleased' as const, data: { name: 'shop', app } };
    const another = { type: 'take' as const, name: 'shop', app: 'app_y' as AppId };
    given(appNameAggregate, taken).when(another).thenRefused('name_taken', 422);
    given(appNameAggregate, taken, released)
      .when(another)
      .then({ type: 'AppNameTaken', data: { name: 'shop', app: another.app } });
  });
});

describe('an organization slug', () => {
  it('is taken once and for ever', () => {
    const taken = { type: 'OrganizationSlugTaken' as const, data: { slug: 'acme', organization } };
    given(organizationSlugAggregate).when({ type: 'take', slug: 'acme', organization }).then(taken);
    given(organizationSlugAggregate, taken)
      .when({ type: 'take', slug: 'acme', organization: 'org_y' as OrganizationId })
      .thenRefused('name_taken', 422);
  });
});

describe('organizations and apps', () => {
  const acme = { organization, slug: 'acme', number: 1, kind: 'shared' as const, networkId: 1 };
  const shop = { app, organization, name: 'shop', number: 1, network: 'default', networkId: 1 };

  it('carry numbers that fit a caveat', () => {
    given(organizationAggregate)
      .when({ type: 'create', ...acme })
      .then({ type: 'OrganizationCreated', data: acme });
    given(organizationAggregate)
      .when({ type: 'create', ...acme, number: 2 ** 31 })
      .thenRefused('invalid_number', 422);
    given(appAggregate)
      .when({ type: 'create', ...shop, networkId: 1.5 })
      .thenRefused('invalid_number', 422);
  });

  it('are deleted once, and what was never there is not found', () => {
    const created = { type: 'AppCreated' as const, data: shop };
    const deleted = { type: 'AppDeleted' as const, data: { app, organization, name: 'shop' } };
    given(appAggregate, created).when({ type: 'delete' }).then(deleted);
    given(appAggregate, created, deleted).when({ type: 'delete' }).thenRefused('not_found', 404);
    given(organizationAggregate).when({ type: 'delete' }).thenRefused('not_found', 404);
  });
});

describe('a token', () => {
  const data = {
    token: 'tok_x' as TokenId,
    name: 'ci',
    scope: { kind: 'organization' as const, organization, access: 'full' as const },
    sha256: 'a'.repeat(64),
    expiresAt: null,
  };

  it('is kept as a digest, never as text', () => {
    given(tokenAggregate)
      .when({ type: 'create', ...data })
      .then({ type: 'TokenCreated', data });
    given(tokenAggregate)
      .when({ type: 'create', ...data, sha256: 'bhk_secret' })
      .thenRefused('invalid_digest', 422);
  });

  it('is revoked once', () => {
    const created = { type: 'TokenCreated' as const, data };
    const revoked = { type: 'TokenRevoked' as const, data: { token: data.token } };
    given(tokenAggregate, created).when({ type: 'revoke' }).then(revoked);
    given(tokenAggregate, created, revoked).when({ type: 'revoke' }).thenNothing();
  });
});
