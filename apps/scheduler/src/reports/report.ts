import {
  hostAggregate,
  machineAggregate,
  type HostId,
  type MachineId,
  type MachineObservation,
} from '@bulkhead/domain';
import {
  machineId,
  reportBatch as input,
  TerminalError,
  type Report,
  type ReportFact,
} from '@bulkhead/contracts';
import type { Command, Decision, Sql } from '@bulkhead/journal';
import { z } from 'zod';
import { handler } from '../access/handler.js';
import { hostOf } from '../access/sender.js';
import { commitMachine } from '../machines/change-machine.js';
import type { Scheduler } from '../scheduler.js';
import { observationsOf } from './observations.js';

/** A host reports, in order, from its outbox: each report once, by its number. The answer says up to which number it may forget. */
export const report = (scheduler: Scheduler) =>
  handler({
    callers: ['host'],
    access: { by: 'host', kinds: ['worker'] },
    input,
    handle: async ({ principal }, { reports }) => {
      const host = hostOf(principal);
      let storedUpTo = await storedBy(scheduler, host);
      for (const each of reports.toSorted((a, b) => a.number - b.number)) {
        if (each.number <= storedUpTo) continue;
        await store(scheduler, host, each, storedUpTo);
        storedUpTo = each.number;
      }
      return { result: { storedUpTo } };
    },
  });

async function storedBy({ database }: Scheduler, host: HostId): Promise<number> {
  const [row] = await database.query(
    'select stored_up_to::float8 as up_to from report_cursor where host = $1',
    [host],
  );
  return row ? z.object({ up_to: z.number() }).parse(row).up_to : 0;
}

async function store(scheduler: Scheduler, host: HostId, report: Report, storedUpTo: number): Promise<void> {
  const { number, fact } = report;
  const missed = missedBefore(report, storedUpTo);
  if (missed)
    await noteMissed(scheduler, commandFor(scheduler, host, `${number}.missed`, missed), host, missed);
  const seen = [...observationsOf(fact), ...(await missingFrom(scheduler, host, fact))];
  for (const [index, { machine, observation }] of seen.entries()) {
    const isLast = index === seen.length - 1;
    const part = isLast ? String(number) : `${number}.${machine}`;
    const command = commandFor(scheduler, host, part, report, traceIn(fact));
    await record(scheduler, command, { host, upTo: isLast ? number : null }, (decision) =>
      observe(decision, host, machine, observation),
    );
  }
  if (seen.length === 0)
    await record(scheduler, commandFor(scheduler, host, String(number), report), { host, upTo: number });
}

/** Commits what a report says, and how far its host's reports are stored by it. What was taken in again from the stream is there already. */
async function record(
  { journal, database }: Scheduler,
  command: Command,
  { host, upTo }: { readonly host: HostId; readonly upTo: number | null },
  work: (decision: Decision) => Promise<void> = async () => undefined,
): Promise<void> {
  try {
    await journal.execute(command, async (decision) => {
      await work(decision);
      if (upTo !== null) await advance((text, values) => decision.sql(text, values), host, upTo);
      return null;
    });
  } catch (error) {
    if (!(error instanceof TerminalError && error.code === 'answer_lost')) throw error;
    if (upTo !== null) await advance((text, values) => database.query(text, values), host, upTo);
  }
}

/** The worker acted on a command: what comes of it belongs to that one's trace. */
const traceIn = (fact: ReportFact): string | undefined => ('trace' in fact ? fact.trace : undefined);

async function observe(
  decision: Decision,
  host: HostId,
  machine: MachineId,
  seen: MachineObservation,
): Promise<void> {
  const loaded = await decision.load(machineAggregate, machine);
  const events = machineAggregate.decide({ type: 'observe', host, seen }, loaded.state);
  if (events.length > 0) await commitMachine(decision, loaded, events);
}

const advance = (query: Sql['query'], host: HostId, number: number) =>
  query(
    `insert into report_cursor (host, stored_up_to) values ($1, $2)
     on conflict (host) do update set stored_up_to = greatest(report_cursor.stored_up_to, excluded.stored_up_to)`,
    [host, number],
  );

type Missed = Pick<Extract<ReportFact, { kind: 'gap' }>, 'from' | 'to' | 'reason'>;

/** Machines that should be on a host and are not in its whole state. */
async function missingFrom({ database }: Scheduler, host: HostId, fact: ReportFact) {
  if (fact.kind !== 'whole-state') return [];
  const rows = await database.query(
    'select machine from placement where host = $1 and machine <> all($2::text[])',
    [host, fact.machines.map(({ machine }) => machine)],
  );
  const missing: MachineObservation = { kind: 'missing' };
  return rows.map((row) => ({
    machine: z.object({ machine: machineId }).parse(row).machine,
    observation: missing,
  }));
}

/** The numbers that will never come: those a gap names, else those that were passed over. */
function missedBefore({ number, fact }: Report, storedUpTo: number): Missed | null {
  if (fact.kind === 'gap') return fact;
  return number > storedUpTo + 1
    ? { from: storedUpTo + 1, to: number - 1, reason: 'the host passed over these numbers' }
    : null;
}

async function noteMissed(
  scheduler: Scheduler,
  command: Command,
  host: HostId,
  missed: Missed,
): Promise<void> {
  const { from, to, reason } = missed;
  await record(scheduler, command, { host, upTo: null }, async (decision) => {
    const loaded = await decision.load(hostAggregate, host);
    decision.append(
      loaded,
      hostAggregate.decide({ type: 'miss-reports', from, to, reason }, loaded.state),
      'platform',
    );
  });
}

/** A report's command is known by its host and number: what comes twice is stored once. */
const commandFor = (
  scheduler: Scheduler,
  host: HostId,
  part: string,
  content: unknown,
  trace?: string,
): Command => ({
  id: `report.${host}.${part}`,
  content,
  ...(trace === undefined ? {} : { trace }),
  actor: { kind: 'host', id: host },
  organization: 'platform',
  now: scheduler.clock.now(),
});
