import type { FeedChange } from '@bulkhead/contracts';
import {
  hostAggregate,
  isJoined,
  isLiving,
  machineAggregate,
  type HostCommand,
  type HostState,
  type MachineCommand,
  type MachineState,
} from '@bulkhead/domain';
import { CommandBus, FeedFollower, type Commit, type FeedPlace, type Step } from '@bulkhead/journal';
import { WorkerStore } from '../../apps/worker/src/store/worker-store.js';
import { MemoryRelayStore, MemoryWork } from './memory/journal-stores.js';
import { MemoryReaderStore } from './memory/reader-store.js';
import { Schema } from './memory/schema.js';
import { schedulerStatements } from './memory/scheduler-statements.js';
import { oneLine, type Statement } from './memory/sql.js';
import { Reader } from './memory/streams.js';

/** A mistake as it might be made, and a seed under which it is found. */
export interface Bug {
  readonly name: string;
  /** Makes the mistake. @returns how to make it good again. */
  readonly plant: () => () => void;
  /** The first under which it was found. */
  readonly seed: number;
}

/** What a planted method is called with is what the original's is: nothing checks it here. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Method = (this: any, ...args: any[]) => any;

/** Puts another method in the place of a class's own; at run time private ones are like the others. */
function replace(of: object, name: string, make: (original: Method) => Method): () => void {
  const methods = of as Record<string, Method>;
  const original = methods[name];
  if (!original) throw new Error(`there is no ${name} to plant a mistake in`);
  methods[name] = make(original);
  return () => void (methods[name] = original);
}

/** Gives a statement of the scheduler another meaning. */
function restate(text: string, make: (original: Statement) => Statement): () => void {
  const statements = schedulerStatements as Map<string, Statement>;
  const found = [...statements].find(([statement]) => statement.startsWith(oneLine(text)));
  if (!found) throw new Error(`no statement begins with ${text}`);
  const [key, original] = found;
  statements.set(key, make(original));
  return () => void statements.set(key, original);
}

export const BUGS: readonly Bug[] = [
  {
    name: 'a projection moves its cursor before it has written its rows',
    seed: 59,
    plant: () =>
      replace(
        MemoryReaderStore.prototype,
        'step',
        (step) =>
          async function (this: MemoryReaderStore, at: Step, work: unknown) {
            await step.call(this, at, () => Promise.resolve());
            return step.call(this, { ...at, from: at.to }, work);
          },
      ),
  },
  {
    name: 'nobody looks whether a term is over',
    seed: 2,
    plant: () => replace(Schema.prototype, 'leads', () => () => true),
  },
  {
    name: 'a lease is judged by the wall clock of whoever looks',
    seed: 12,
    plant: () =>
      restate('select * from lease where machine = $1', () => (tx, [machine]) => {
        const lease = tx.get('lease', String(machine));
        const until = lease?.['expires_at'];
        return lease && until instanceof Date && until > tx.owner.clock.now() ? [lease] : [];
      }),
  },
  {
    name: 'a command is answered before its commit',
    seed: 1,
    plant: () =>
      replace(
        MemoryWork.prototype,
        'commit',
        (commit) =>
          function (this: MemoryWork, what: Commit) {
            void commit.call(this, what).catch(() => undefined);
            return Promise.resolve('committed');
          },
      ),
  },
  {
    name: 'reports leave the outbox before the scheduler has stored them',
    seed: 2,
    plant: () =>
      replace(
        WorkerStore.prototype,
        'unsent',
        (unsent) =>
          function (this: WorkerStore, limit: number) {
            const reports = unsent.call(this, limit);
            const last = reports.at(-1);
            if (last) this.confirmed(last.number);
            return reports;
          },
      ),
  },
  {
    name: 'the generation of a report is not looked at',
    seed: 1,
    plant: () =>
      replace(machineAggregate, 'decide', (decide) => (command: MachineCommand, state: MachineState) => {
        if (
          command.type !== 'observe' ||
          command.seen.kind === 'missing' ||
          !isLiving(state) ||
          !state.placement
        )
          return decide(command, state);
        const { host, generation } = state.placement;
        return decide({ ...command, host, seen: { ...command.seen, generation } }, state);
      }),
  },
  {
    name: 'a gap in the positions of a journal is passed over',
    seed: 1,
    plant: () =>
      replace(
        Reader.prototype,
        'put',
        (put) =>
          function (this: Reader, batch: readonly { readonly sequence: number; readonly headers: object }[]) {
            const renumbered = this as Reader & { passed?: number };
            const closed = batch.map((message) => {
              const position = renumbered.passed === undefined ? message.sequence : renumbered.passed + 1;
              renumbered.passed = position;
              return { ...message, headers: { ...message.headers, 'Bh-Position': String(position) } };
            });
            return put.call(this, closed);
          },
      ),
  },
  {
    name: 'a gap in the numbers of a feed is passed over',
    seed: 2,
    plant: () =>
      replace(
        FeedFollower.prototype,
        'follow',
        () =>
          async function (
            this: {
              options: { copy: { apply(changes: readonly FeedChange[], at: FeedPlace): Promise<void> } };
            },
            place: FeedPlace,
            heard: readonly { readonly changes?: readonly FeedChange[] }[],
          ) {
            const changes = heard.flatMap((message) => message.changes ?? []);
            const fresh = changes.filter(({ number }) => number > place.number);
            const reached = { feed: place.feed, number: fresh.at(-1)?.number ?? place.number };
            if (fresh.length > 0) await this.options.copy.apply(fresh, reached);
            return { place: reached, complete: true };
          },
      ),
  },
  {
    name: 'a command is sent again under a new id',
    seed: 1,
    plant: () => {
      let sent = 0;
      return replace(
        CommandBus.prototype,
        'ask',
        (ask) =>
          function (this: CommandBus, subject: string, data: Buffer, timeoutMs: number) {
            const command: unknown = JSON.parse(data.toString());
            const { id } = command as { readonly id: string };
            const again = { ...(command as object), id: `${id}.${++sent}` };
            return ask.call(this, subject, Buffer.from(JSON.stringify(again)), timeoutMs);
          },
      );
    },
  },
  {
    name: 'a relay that no longer leads gives positions',
    seed: 2,
    plant: () => replace(MemoryRelayStore.prototype, 'mayRecord', () => () => true),
  },
  {
    name: 'capacity is checked outside of the transaction',
    seed: 1,
    plant: () =>
      replace(hostAggregate, 'decide', (decide) => (command: HostCommand, state: HostState) => {
        if (command.type !== 'take' || !isJoined(state)) return decide(command, state);
        const endless = { cpus: Infinity, memoryMb: Infinity, diskMb: Infinity };
        return decide(command, { ...state, capacity: endless });
      }),
  },
  {
    name: 'silence counts while the scheduler was down',
    seed: 2,
    plant: () =>
      restate('with leader as materialized', (count) => (tx, values) => {
        for (const beat of tx.all('heartbeat')) {
          const at = beat['at'];
          const silent = at instanceof Date ? tx.schema.now().getTime() - at.getTime() : 0;
          tx.put('heartbeat', String(beat['host']), { ...beat, silent_ms: silent });
        }
        return count(tx, values);
      }),
  },
];
