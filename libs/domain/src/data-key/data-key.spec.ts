import { given } from '@bulkhead/testing/given';
import { dataKeyAggregate as dataKey, type DataKeyCommand, type DataKeyEvent } from './index.js';

const scope = 'org_1';
const created: DataKeyEvent = { type: 'DataKeyCreated', data: { scope } };
const destroyed: DataKeyEvent = {
  type: 'DataKeyDestroyed',
  data: { scope, reason: 'the organization asked' },
};
const create: DataKeyCommand = { type: 'create', scope };
const destroy: DataKeyCommand = { type: 'destroy', scope, reason: 'the organization asked' };

const decide = (events: readonly DataKeyEvent[], command: DataKeyCommand) =>
  given(dataKey, ...events).when(command);

describe('a data key', () => {
  it('is made once', () => {
    decide([], create).then(created);
    decide([created], create).thenNothing();
  });

  it('is never made again after its destruction', () => {
    decide([created], destroy).then(destroyed);
    decide([created, destroyed], create).thenRefused('data_key_destroyed', 410);
    decide([created, destroyed], destroy).thenNothing();
  });

  it('can be destroyed before its first use, and then never comes to be', () => {
    decide([], destroy).then(destroyed);
    decide([destroyed], create).thenRefused('data_key_destroyed', 410);
  });
});
