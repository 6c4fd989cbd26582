import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { isAlive, waitUntil } from './processes.mjs';
import { Supervisor } from './supervisor.mjs';

/** A supervisor on a directory of its own, and children that say when they started in a file. */
const supervised = (work) => async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'bulkhead-supervisor-'));
  const said = [];
  const directories = { logs: path.join(directory, 'logs'), pids: path.join(directory, 'pids') };
  const make = () => new Supervisor(directories, (text) => said.push(text));
  const starts = path.join(directory, 'starts');
  const child = (name, script, options = {}) => ({
    name,
    file: 'sh',
    args: ['-c', script],
    env: { PATH: process.env.PATH, STARTS: starts },
    cwd: directory,
    account: null,
    ready: async () => existsSync(starts),
    ...options,
  });
  const supervisor = make();
  try {
    await work({ supervisor, make, child, said, starts, directories });
  } finally {
    await supervisor.stop();
    rmSync(directory, { recursive: true });
  }
};

const countOf = (file) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0);

test(
  'starts a child again that died, says so, and keeps its output',
  supervised(async ({ supervisor, child, said, starts, directories }) => {
    await supervisor.start(
      child(
        'crasher',
        'echo started >> $STARTS; echo output; [ $(wc -l < $STARTS) -ge 2 ] && exec sleep 60; exit 3',
      ),
    );
    assert.ok(await waitUntil(() => countOf(starts) === 2, 5_000));
    assert.match(said.join('\n'), /crasher ended with code 3 .*starting it again in 0\.5 s/);
    assert.match(readFileSync(path.join(directories.logs, 'crasher.log'), 'utf8'), /output\noutput/);
  }),
);

test(
  'ends a child, does what was asked while it is down, and starts it again',
  supervised(async ({ supervisor, child, said, starts }) => {
    await supervisor.start(child('server', 'echo started >> $STARTS; exec sleep 60'));
    let startsWhileDown = 0;
    await supervisor.interrupt('server', 'SIGKILL', async () => {
      await waitUntil(() => false, 700);
      startsWhileDown = countOf(starts);
    });
    assert.equal(startsWhileDown, 1);
    assert.ok(await waitUntil(() => countOf(starts) === 2, 5_000));
    assert.deepEqual(said, []);
    await assert.rejects(supervisor.interrupt('nobody', 'SIGKILL'), /no child nobody/);
  }),
);

test(
  'gives up a start whose child keeps dying, showing its last lines',
  supervised(async ({ supervisor, child }) => {
    const dying = child('dying', 'echo no configuration >&2; exit 1', { ready: async () => false });
    await assert.rejects(supervisor.start(dying), (error) => {
      assert.match(error.message, /dying does not stay up/);
      assert.match(error.advice, /no configuration/);
      return true;
    });
  }),
);

test(
  'stops children in reverse order, and kills one that does not stop',
  supervised(async ({ supervisor, child, starts, said }) => {
    const order = path.join(path.dirname(starts), 'order');
    const polite = (name) =>
      `trap 'echo ${name} >> ${order}; exit 0' TERM; echo >> $STARTS; while :; do sleep 0.05; done`;
    await supervisor.start(child('first', polite('first')));
    await supervisor.start(child('second', polite('second'), { ready: async () => countOf(starts) === 2 }));
    await supervisor.start(
      child('deaf', `trap '' TERM; echo >> $STARTS; while :; do sleep 0.05; done`, {
        ready: async () => countOf(starts) === 3,
        stopWithinMs: 200,
      }),
    );
    await supervisor.stop();
    assert.equal(readFileSync(order, 'utf8'), 'second\nfirst\n');
    assert.match(said.join('\n'), /deaf did not stop within 0\.2 s: killing it/);
  }),
);

const saysBye = (order, seconds) =>
  `trap 'sleep ${seconds}; echo bye >> ${order}; exit 0' USR2; echo >> $STARTS; while :; do sleep 0.05; done`;

test(
  'lets a child end by itself ahead of the others, and does not start it again',
  supervised(async ({ supervisor, child, starts }) => {
    const order = path.join(path.dirname(starts), 'order');
    await supervisor.start(child('host', saysBye(order, 0.2)));
    const patience = { withinMs: 10_000, hurry: new AbortController().signal };
    assert.equal(await supervisor.retire('host', 'SIGUSR2', patience), true);
    await supervisor.stop();
    assert.equal(readFileSync(order, 'utf8'), 'bye\n');
    assert.equal(countOf(starts), 1);
  }),
);

test(
  'waits no longer for a child that ends by itself when it is told to hurry',
  supervised(async ({ supervisor, child, starts }) => {
    const order = path.join(path.dirname(starts), 'order');
    await supervisor.start(child('host', saysBye(order, 60), { stopWithinMs: 200 }));
    const hurry = AbortSignal.timeout(100);
    assert.equal(await supervisor.retire('host', 'SIGUSR2', { withinMs: 60_000, hurry }), false);
    await supervisor.stop();
    assert.equal(existsSync(order), false);
  }),
);

test(
  'ends what a killed instance left behind',
  supervised(async ({ supervisor, make, child, starts, directories }) => {
    await supervisor.start(child('left', 'echo >> $STARTS; exec sleep 60'));
    const file = path.join(directories.pids, 'left.pid');
    const identity = JSON.parse(readFileSync(file, 'utf8'));
    assert.ok(isAlive(identity));
    await make().endLeftovers();
    assert.equal(isAlive(identity), false);
    writeFileSync(file, JSON.stringify({ ...identity, pid: process.pid }));
    await make().endLeftovers();
    assert.ok(!existsSync(file), 'a pid that is another process now is left alone');
  }),
);
