import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startBulkhead } from './bulkhead.js';
import { startHaproxy } from './haproxy.js';
import { Llhttp } from './llhttp.js';
import { startNginx } from './nginx.js';
import { compareAll, formatReport } from './compare-all.js';

/** Compares the edge with nginx, HAProxy and llhttp: `--seed`, `--count` (of requests and of responses). */
const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, count: { type: 'string', default: '3000' } },
});
const count = Number(values.count);
const settings = { seed: Number(values.seed), requests: count, responses: count };

const directory = await mkdtemp(join(tmpdir(), 'differential-'));
const edge = await startBulkhead(join(directory, 'bulkhead'));
const peers = {
  nginx: await startNginx(join(directory, 'nginx')),
  haproxy: await startHaproxy(join(directory, 'haproxy')),
  llhttp: await Llhttp.start(),
};
try {
  const report = await compareAll(edge, peers, settings);
  process.stdout.write(`${formatReport(report, settings)}\n`);
  process.stdout.write(`${count} requests and ${count} responses of seed ${settings.seed}: `);
  process.stdout.write(
    report.failures.length === 0 ? 'every difference is explained\n' : `${report.failures.length} failures\n`,
  );
  process.exitCode = report.failures.length === 0 ? 0 : 1;
} finally {
  await Promise.all([edge, ...Object.values(peers)].map((participant) => participant.stop()));
  await rm(directory, { recursive: true });
}
