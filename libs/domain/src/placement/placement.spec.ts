import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Refusal } from '../decider.js';
import type { HostId } from '../ids.js';
import {
  compareGenerations,
  judgeSilence,
  nextGeneration,
  place,
  wantedLabels,
  type Candidate,
  type PlacementRequest,
} from './index.js';

const candidate = (name: string, over: Partial<Candidate> = {}): Candidate => ({
  host: `host_${name}` as HostId,
  name,
  region: 'fra',
  labels: {},
  capacity: { cpus: 4, memoryMb: 4096, diskMb: 10_000 },
  used: { cpus: 0, memoryMb: 0, diskMb: 0 },
  cordoned: false,
  lost: false,
  siblings: 0,
  ...over,
});
const request: PlacementRequest = { labels: {}, resources: { cpus: 1, memoryMb: 512, diskMb: 256 } };
const busy = { cpus: 1, memoryMb: 2048, diskMb: 0 };

/** All hosts in the order they would be tried. */
const ranked = (...asked: Parameters<typeof place>) => [...place(...asked)];

describe('placement', () => {
  it('spreads an app across hosts before it fills one', () => {
    expect(ranked(request, [candidate('a', { siblings: 1, used: busy }), candidate('b')])[0]).toBe('host_b');
  });

  it('packs where the app is spread evenly', () => {
    expect(ranked(request, [candidate('a'), candidate('b', { used: busy })])[0]).toBe('host_b');
  });

  it('has every host that could take it in turn, best first', () => {
    const hosts = [
      candidate('a', { siblings: 2 }),
      candidate('b', { siblings: 1 }),
      candidate('c', { siblings: 1, used: busy }),
      candidate('d'),
    ];
    expect(ranked(request, hosts)).toEqual(['host_d', 'host_c', 'host_b', 'host_a']);
  });

  it('passes over hosts that are cordoned, lost, elsewhere or not labelled', () => {
    const hosts = [
      candidate('a', { cordoned: true, labels: { disk: 'ssd' } }),
      candidate('b', { lost: true, labels: { disk: 'ssd' } }),
      candidate('c', { region: 'ams', labels: { disk: 'ssd' } }),
      candidate('d'),
      candidate('e', { labels: { disk: 'ssd' } }),
    ];
    expect(ranked({ ...request, region: 'fra', labels: { disk: 'ssd' } }, hosts)).toEqual(['host_e']);
  });

  it('says which resource was short where', () => {
    const full = candidate('a', { used: { cpus: 0, memoryMb: 4000, diskMb: 0 } });
    const refusal = refusalOf(() =>
      place({ ...request, region: 'fra' }, [full, candidate('b', { region: 'ams' })]),
    );
    expect(refusal).toMatchObject({ code: 'insufficient_capacity', status: 409 });
    expect(refusal?.message).toBe(
      'aborted: could not reserve resource for machine: no host in region fra can take it: ' +
        'a (fra): insufficient memory (MB): 512 asked, 96 free',
    );
  });

  it('never chooses a host that has not the room', () => {
    const share = fc.integer({ min: 0, max: 5000 });
    const anyHost = fc.record({ memoryMb: share, used: share, siblings: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(anyHost, { maxLength: 8 }), share, (hosts, asked) => {
        const candidates = hosts.map(({ memoryMb, used, siblings }, at) =>
          candidate(String(at), {
            capacity: { cpus: 9, memoryMb, diskMb: 9999 },
            used: { cpus: 0, memoryMb: used, diskMb: 0 },
            siblings,
          }),
        );
        const fits = (host: HostId) =>
          candidates.some(
            (each) => each.host === host && each.capacity.memoryMb - each.used.memoryMb >= asked,
          );
        const wanted = { ...request, resources: { ...request.resources, memoryMb: asked } };
        const refusal = refusalOf(() => expect(ranked(wanted, candidates).every(fits)).toBe(true));
        if (refusal) expect(candidates.some(({ host }) => fits(host))).toBe(false);
      }),
    );
  });
});

describe('labels asked for in metadata', () => {
  it('are name=value pairs, or refused', () => {
    expect(wantedLabels({ bulkhead_host_labels: 'disk=ssd, rack=4' })).toEqual({ disk: 'ssd', rack: '4' });
    expect(wantedLabels({})).toEqual({});
    expect(refusalOf(() => wantedLabels({ bulkhead_host_labels: 'ssd' }))?.code).toBe('invalid_labels');
  });

  it('are bounded, whatever text they are in', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^([a-z]=[a-z],){0,40}$/)), (text) => {
        const refusal = refusalOf(() => {
          expect(Object.keys(wantedLabels({ bulkhead_host_labels: text })).length).toBeLessThanOrEqual(16);
        });
        if (refusal) expect(refusal.code).toBe('invalid_labels');
      }),
    );
  });
});

describe('generations', () => {
  it('grow with every placement and every epoch, and none comes twice', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 30 }), (epochs) => {
        let last = null;
        for (const epoch of epochs) {
          const next = nextGeneration(last, epoch);
          if (last) expect(compareGenerations(next, last)).toBeGreaterThan(0);
          last = next;
        }
      }),
    );
  });
});

describe('silent hosts', () => {
  const silence = (name: string, silentMs: number, lost = false) => ({
    host: name as HostId,
    silentMs,
    lost,
  });

  it('are lost after the limit, once', () => {
    const hosts = [silence('a', 90_000), silence('b', 89_000), silence('c', 0), silence('d', 99_000, true)];
    expect(judgeSilence([...hosts, silence('e', 0)], 90_000)).toEqual({ lost: ['a'], hold: false });
  });

  it('hold placement when more than half of them are gone', () => {
    expect(judgeSilence([silence('a', 90_000), silence('b', 90_000), silence('c', 0)], 90_000).hold).toBe(
      true,
    );
    expect(judgeSilence([silence('a', 90_000), silence('b', 0)], 90_000).hold).toBe(false);
  });
});

function refusalOf(act: () => unknown): Refusal | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  return undefined;
}
