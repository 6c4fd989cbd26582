import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReportFact } from '@bulkhead/contracts';
import type { InstanceId, MachineId, Timestamp } from '@bulkhead/domain';
import { WorkerStore } from './worker-store.js';

const machine = '0123456789abcd' as MachineId;
const answer = {
  machine,
  generation: { epoch: 1, count: 1 },
  instance: '01ARZ3NDEKTSV4RRFFQ69G5FAV' as InstanceId,
  wish: 1,
};
const at = '2026-01-01T00:00:00.000Z' as Timestamp;
const fact: ReportFact = { kind: 'stopped', ...answer };

describe('WorkerStore', () => {
  let directory: string;
  const open = (limit?: number) => new WorkerStore(join(directory, 'worker.db'), limit);
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'bulkhead-store-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('keeps machines and reports over a restart, and numbers go on', () => {
    const before = open();
    before.record(machine, { ...answer, phase: 'stopped' }, at, [fact, fact]);
    before.confirmed(1);
    before.close();
    const after = open();
    after.report(at, fact);
    expect(after.machines()).toEqual([{ ...answer, phase: 'stopped' }]);
    expect(after.unsent(10).map((report) => report.number)).toEqual([2, 3]);
    after.record(machine, null, at, []);
    expect(after.machines()).toEqual([]);
    after.close();
  });

  it('never gives a number twice, even after all were confirmed', () => {
    const before = open();
    before.report(at, fact);
    before.confirmed(1);
    before.close();
    const after = open();
    after.report(at, fact);
    expect(after.unsent(10).map((report) => report.number)).toEqual([2]);
    after.close();
  });

  it('keeps nothing of a change whose report is wrong', () => {
    const store = open();
    const wrong = { kind: 'stopped', machine: 'x' } as unknown as ReportFact;
    expect(() => store.record(machine, { ...answer, phase: 'stopped' }, at, [fact, wrong])).toThrow();
    expect(store.machines()).toEqual([]);
    expect(store.unsent(10)).toEqual([]);
    store.close();
  });

  it('says what it dropped when the outbox is full', () => {
    const store = open(10);
    for (let n = 0; n < 30; n += 1) store.report(at, fact);
    const left = store.unsent(100);
    expect(left.length).toBeLessThanOrEqual(10);
    expect(left[0]?.fact).toMatchObject({ kind: 'gap' });
    const covered = left.flatMap(({ number, fact }) => {
      if (fact.kind !== 'gap') return [number];
      return Array.from({ length: fact.to - fact.from + 1 }, (_, n) => fact.from + n);
    });
    expect(covered).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
    store.close();
  });
});
