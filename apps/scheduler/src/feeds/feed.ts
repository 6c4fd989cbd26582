import { hostFeed, INSTANCE_FEED, type FeedRequest } from '@bulkhead/contracts';
import { notFound } from '@bulkhead/auth';
import { feedHandler, type FeedStore } from '@bulkhead/journal';
import type { CommandAccess, Sender } from '../access/clearing.js';
import type { Handler } from '../access/handler.js';
import { FEEDS_PROJECTION } from './machine-feeds.js';

/** A host reads its feed: a worker its own desired state, an edge the instances, and nobody anything else. */
export function feed(store: FeedStore): Handler {
  const reading = feedHandler<CommandAccess, Sender>({
    store,
    access: { by: 'host', kinds: ['worker', 'edge'] },
    callers: ['host'],
    readerOf: () => FEEDS_PROJECTION,
  });
  return {
    ...reading,
    handle: (context, input) => {
      const { name } = reading.input.parse(input) as FeedRequest;
      if (!mayFollow(context.principal, name)) throw notFound('host');
      return reading.handle(context, input);
    },
  };
}

function mayFollow(sender: Sender, feedName: string): boolean {
  if (sender.kind !== 'host') return false;
  return sender.identity.kind === 'edge' ? feedName === INSTANCE_FEED : feedName === hostFeed(sender.host);
}
