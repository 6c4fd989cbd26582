import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ImageStore } from '../../../apps/worker/dist/images/index.js';
import { cacheOf } from '../../../scripts/test/set-up.mjs';
import { HandStarter } from './by-hand.mjs';
import { TraceCollector } from './collector.mjs';
import { CpuShare } from './share.mjs';
import { BenchedPlatform, GUEST } from './platform.mjs';

/**
 * A platform, the traces it sends, and the means to start the same kernel and image by hand, for as long as `work` takes.
 * @template T
 * @param {import('../harness/bench.mjs').Context} context
 * @param {(parts: { platform: BenchedPlatform, byHand: HandStarter, traces: TraceCollector, directory: string }) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withMachines({ root }, work) {
  const traces = await TraceCollector.start();
  const directory = mkdtempSync(path.join(tmpdir(), 'bulkhead-bench-'));
  try {
    const platform = await BenchedPlatform.start({ root, traces: traces.url });
    try {
      const share = new CpuShare(platform.data);
      const byHand = await handStarter(root, platform, directory, share);
      const found = await work({ platform, byHand, traces, directory });
      share.remove();
      return found;
    } finally {
      await platform.stop();
    }
  } finally {
    traces.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function handStarter(root, platform, directory, share) {
  const reference = await platform.image();
  const [, layout] = /^oci:(.*):[^:@]+(?:@.*)?$/.exec(reference) ?? [];
  const images = await ImageStore.open({
    directory: path.join(directory, 'images'),
    maxBytes: 2 ** 30,
    sources: { layoutRoots: [layout], privateRegistries: [], insecureRegistries: [] },
  });
  const boot = JSON.parse(readFileSync(path.join(cacheOf(root), 'guest/guest.json'), 'utf8'));
  const { accel } = JSON.parse(readFileSync(path.join(platform.data, 'services/worker/accel.json'), 'utf8'));
  return new HandStarter({ boot, image: await images.ensure(reference), accel, guest: GUEST, share });
}
