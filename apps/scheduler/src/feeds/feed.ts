import { EDGE_FEED, hostFeed, INSTANCE_FEED, type FeedRequest } from '@bulkhead/contracts';
import { notFound } from '@bulkhead/auth';
import { feedHandler, type FeedStore } from '@bulkhead/journal';
import type { CommandAccess, Sender } from '../access/clearing.js';
import type { Handler } from '../access/handler.js';
import { EDGES_PROJECTION } from './edge-feed.js';
import { FEEDS_PROJECTION } from './machine-feeds.js';

/** A host reads its feeds: a worker its own desired state and the edges, an edge the instances, and nobody anything else. */
export function feed(store: FeedStore): Handler {
  const reading = feedHandler<CommandAccess, Sender>({
    store,
    access: { by: 'host', kinds: ['worker', 'edge'] },
    callers: ['host'],
    readerOf: (name) => (name === EDGE_FEED ? EDGES_PROJECTION : FEEDS_PROJECTION),
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
  if (sender.identity.kind === 'edge') return feedName === INSTANCE_FEED;
  return feedName === hostFeed(sender.host) || feedName === EDGE_FEED;
}
