import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBulkhead } from './bulkhead.js';
import { compareAll, formatReport } from './compare-all.js';
import { Comparison } from './comparison.js';
import { EXPLAINED } from './explanations.js';
import { Llhttp } from './llhttp.js';
import { shrunk } from './shrink.js';
import { hostOf, type Participant } from './views.js';

let directory: string;
let edge: Participant;
let llhttp: Participant;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'differential-'));
  edge = await startBulkhead(directory);
  llhttp = await Llhttp.start();
});
afterAll(async () => {
  await edge.stop();
  await llhttp.stop();
  await rm(directory, { recursive: true });
});

test('every difference from llhttp is explained, and it reads what we write as we meant it', async () => {
  const settings = { seed: 20, requests: 300, responses: 300 };
  const report = await compareAll(edge, { llhttp }, settings);
  expect(report.failures.map(() => formatReport(report, settings))).toEqual([]);
  expect(report.explained.size).toBeGreaterThan(10);
});

test('a parser behind us that takes a body for a request is found', async () => {
  const gullible: Participant = {
    requests: async (lane, text) => {
      const view = await llhttp.requests(lane, text);
      const inner = view.requests
        .filter(({ body }) => body !== '')
        .map((outer) => ({ ...outer, target: '/inner' }));
      return { ...view, requests: [...view.requests, ...inner] };
    },
    responses: (lane, answer) => llhttp.responses(lane, answer),
    stop: async () => undefined,
  };
  const text = `POST / HTTP/1.1\r\nHost: ${hostOf(0)}\r\nContent-Length: 5\r\n\r\nhello`;
  expect((await new Comparison(edge, { llhttp }).requests(0, text)).faults).toEqual([]);
  expect((await new Comparison(edge, { llhttp: gullible }).requests(0, text)).faults).toEqual([
    'llhttp behind us: only they forward',
  ]);
});

test('the shortest text that still fails is found', async () => {
  const text = 'GET / HTTP/1.1\r\nX-Long: abc\r\nHost: a\r\n\r\n';
  expect(await shrunk(text, async (shorter) => /X.*b/.test(shorter))).toBe('Xb');
});

test('each explanation has its row in the documentation, and each row its explanation', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/http-differences.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` +\|/gm)].map(([, id]) => id);
  expect(rows.sort()).toEqual([...EXPLAINED].sort());
});
