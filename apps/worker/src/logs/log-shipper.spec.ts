import { logBatch, type HostMachineRow, type LogBatch } from '@bulkhead/contracts';
import type { HostId } from '@bulkhead/domain';
import type { LogLine } from '../runtime/runtime.js';
import { LogShipper } from './log-shipper.js';

const row = {
  machine: '0123456789abcd',
  instance: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  organization: 'org_01arz3ndektsv4rrffq69g5fav',
  app: 'app_01arz3ndektsv4rrffq69g5fav',
  region: 'local',
} as HostMachineRow;
const host = 'host_01arz3ndektsv4rrffq69g5fav' as HostId;
const line = (text: string): LogLine => ({ stream: 'stdout', at: new Date(1), text, cut: false });

const bus = () => {
  const sent: LogBatch[] = [];
  const sink = { connected: true, publish: (_: string, batch: LogBatch) => void sent.push(batch) };
  return { sent, sink, texts: () => sent.flatMap((batch) => batch.lines.map(({ text }) => text)) };
};

describe('LogShipper', () => {
  it('sends lines in order in messages of a bounded size', async () => {
    const { sent, sink, texts } = bus();
    const lines = Array.from({ length: 1200 }, (_, n) => line(`${n} ${'x'.repeat(100)}`));
    await new LogShipper(host, sink).ship(row, lines);
    expect(texts()).toEqual(lines.map(({ text }) => text));
    for (const batch of sent) {
      expect(() => logBatch.parse(batch)).not.toThrow();
      expect(JSON.stringify(batch).length).toBeLessThan(512 * 1024);
    }
  });

  it('keeps a bounded tail while the bus is away and says what it dropped', async () => {
    const { sink, texts } = bus();
    sink.connected = false;
    const shipper = new LogShipper(host, sink);
    for (let n = 0; n < 50; n += 1) await shipper.ship(row, [line(`${n} ${'x'.repeat(10_000)}`)]);
    expect(texts()).toEqual([]);
    sink.connected = true;
    shipper.flush();
    expect(texts()[0]).toMatch(/^\d+ lines were dropped/);
    expect(texts().at(-1)).toMatch(/^49 /);
    expect(texts().length + Number(texts()[0]?.split(' ')[0])).toBe(51);
  });

  it('holds up a machine that floods and no other', async () => {
    const { sink } = bus();
    const shipper = new LogShipper(host, sink);
    let floodGoesOn = false;
    const flood = Array.from({ length: 100 }, () => line('x'.repeat(16_000)));
    const held = shipper.ship(row, flood).then(() => (floodGoesOn = true));
    await shipper.ship({ ...row, machine: 'fedcba98765432' as HostMachineRow['machine'] }, [line('calm')]);
    expect(floodGoesOn).toBe(false);
    await held;
  });
});
