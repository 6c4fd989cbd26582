import { afterExit, type Exit } from './restart-policy.js';

const exit = (change: Partial<Exit> = {}): Exit => ({
  exitCode: 0,
  signal: 0,
  oomKilled: false,
  requested: false,
  ranForMs: 1_000,
  ...change,
});
const stays = { then: 'stay-stopped' };

describe('afterExit', () => {
  it('never restarts what the platform stopped', () => {
    expect(afterExit({ policy: 'always' }, exit({ requested: true, exitCode: 137 }), 0)).toEqual(stays);
  });
  it('keeps "no" stopped whatever happened', () => {
    expect(afterExit({ policy: 'no' }, exit({ exitCode: 1 }), 0)).toEqual(stays);
  });
  it('restarts "always" after a clean exit too', () => {
    expect(afterExit({ policy: 'always' }, exit(), 50)).toMatchObject({ then: 'restart' });
  });
  it.each([{ exitCode: 1 }, { signal: 9 }, { oomKilled: true }])(
    'restarts "on-failure" after %j',
    (failure) => {
      expect(afterExit({ policy: 'on-failure' }, exit(failure), 0)).toMatchObject({ then: 'restart' });
    },
  );
  it('leaves "on-failure" stopped after a clean exit and after its retries', () => {
    expect(afterExit({ policy: 'on-failure' }, exit(), 0)).toEqual(stays);
    expect(afterExit({ policy: 'on-failure', max_retries: 3 }, exit({ exitCode: 1 }), 3)).toEqual(stays);
  });
  it('waits longer each time, up to a minute', () => {
    const delays = [0, 1, 2, 3, 10, 1000].map((restarts) =>
      afterExit({ policy: 'always' }, exit(), restarts),
    );
    expect(delays.map((delay) => delay.then === 'restart' && delay.afterMs)).toEqual([
      1000, 2000, 4000, 8000, 60000, 60000,
    ]);
  });
  it('counts anew after a long good run', () => {
    const wasWell = exit({ exitCode: 1, ranForMs: 3_600_000 });
    expect(afterExit({ policy: 'on-failure', max_retries: 3 }, wasWell, 3)).toMatchObject({
      then: 'restart',
      afterMs: 1000,
    });
  });
});
