import {
  aggregateRef,
  pagesRequest,
  pagesResult,
  type PagesRequest,
  type PagesResult,
  type Service,
} from '@bulkhead/contracts';
import type { CommandBus } from '../bus/command-bus.js';
import { commandHandler, type CallerKind } from '../bus/serve-commands.js';
import { systemRandom, type Random } from '../ports/random.js';
import type { Recorded } from '../relay/recorded.js';
import type { RelayStore } from '../relay/relay-store.js';
import { aggregateKey, decodeBody } from '../store/body.js';

export interface Page {
  readonly envelopes: readonly Recorded[];
  readonly head: PagesResult['head'];
  readonly epochs: PagesResult['epochs'];
}

/** A journal as its owner has it. */
export interface Pages {
  /** @throws TerminalError | RetryableError */
  ask(request: PagesRequest): Promise<Page>;
}

/** As much of bodies in one answer as fits a message (1 MiB) in base64. */
const PAGE_BYTES = 512 * 1024;

/** Answers from the journal itself, for readers in its own service. */
export const ownPages = (store: RelayStore): Pages => ({
  async ask(request) {
    // Envelopes before the head: whatever was recorded between the two reads is on the next page.
    const envelopes =
      'after' in request
        ? await store.from(request.after + 1, request.limit, PAGE_BYTES)
        : await store.ofAggregate(request.aggregate, request.fromVersion, request.limit, PAGE_BYTES);
    const [head, epochs] = await Promise.all([store.head(), store.epochs()]);
    return { envelopes, head, epochs: [...epochs] };
  },
});

/** Asks the owning service over the bus. */
export const remotePages = (bus: CommandBus, owner: Service, random: Random = systemRandom): Pages => ({
  async ask(request) {
    const command = { id: `pages-${random.id()}`, input: request };
    const { result } = await bus.command(owner, 'pages', command, pagesResult, {
      deadlineMs: 10_000,
      answerMs: 5_000,
    });
    return { head: result.head, epochs: result.epochs, envelopes: result.records.map(fromWire) };
  },
});

function fromWire({ body, ...record }: PagesResult['records'][number]): Recorded {
  const bytes = Buffer.from(body, 'base64');
  const { id, aggregate } = decodeBody(bytes);
  return { record, id, aggregate: aggregateKey(aggregateRef.parse(aggregate)), body: bytes };
}

const toWire = ({ record, body }: Recorded): PagesResult['records'][number] => ({
  ...record,
  body: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64'),
});

/** The `pages` command of a service's own journal, to be served beside its others. */
export const pagesHandler = <Access, Principal>(
  store: RelayStore,
  access: Access,
  callers: readonly CallerKind[],
) =>
  commandHandler<Access, Principal, PagesRequest>({
    callers,
    access,
    input: pagesRequest,
    async handle(_context, request) {
      const { envelopes, head, epochs } = await ownPages(store).ask(request);
      return { result: { records: envelopes.map(toWire), head, epochs } };
    },
  });
