import { given } from '@bulkhead/testing/given';
import type { OrganizationId } from '../ids.js';
import {
  MOST_REGISTRIES,
  registryCredentialsAggregate as credentials,
  type RegistryCredentialsCommand,
  type RegistryCredentialsEvent,
} from './index.js';

const organization = 'org_1' as OrganizationId;
const isSet = (registry: string): RegistryCredentialsEvent => ({
  type: 'RegistryCredentialSet',
  data: { organization, registry },
});
const isRemoved = (registry: string): RegistryCredentialsEvent => ({
  type: 'RegistryCredentialRemoved',
  data: { organization, registry },
});
const set = (registry: string): RegistryCredentialsCommand => ({ type: 'set', organization, registry });
const remove = (registry: string): RegistryCredentialsCommand => ({ type: 'remove', organization, registry });

describe("an organization's registry credentials", () => {
  it('are set, and set again', () => {
    given(credentials).when(set('a')).then(isSet('a'));
    given(credentials, isSet('a')).when(set('a')).then(isSet('a'));
  });

  it('are removed where they are there', () => {
    given(credentials, isSet('a')).when(remove('a')).then(isRemoved('a'));
    given(credentials, isSet('a'), isRemoved('a')).when(remove('a')).thenRefused('not_found', 404);
    given(credentials, isSet('a')).when(remove('b')).thenRefused('not_found', 404);
  });

  it('are bounded, and what is there can still be changed', () => {
    const full = Array.from({ length: MOST_REGISTRIES }, (_, index) => isSet(`r${index}`));
    given(credentials, ...full)
      .when(set('one-more'))
      .thenRefused('quota_exceeded', 422);
    given(credentials, ...full)
      .when(set('r1'))
      .then(isSet('r1'));
    given(credentials, ...full, isRemoved('r0'))
      .when(set('one-more'))
      .then(isSet('one-more'));
  });

  it('all go when the organization is erased', () => {
    given(credentials, isSet('a'), isSet('b'), isSet('a'))
      .when({ type: 'clear', organization })
      .then(isRemoved('b'), isRemoved('a'));
    given(credentials).when({ type: 'clear', organization }).thenNothing();
  });
});
