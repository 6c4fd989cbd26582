import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ImageStore } from '../../apps/worker/dist/images/index.js';
import { run } from '../../scripts/lib/run.mjs';
import { sideBySide } from './harness/side-by-side.mjs';
import { median, medianInterval, pairedRatio } from './harness/statistics.mjs';
import { writeLargeImage } from './images/large-image.mjs';

/** @type {import('./harness/bench.mjs').Bench} */
export default {
  title: 'Images: pull to bootable',
  measures: `An image of 200 MB in some 6,000 files and three gzipped layers, in a layout on this disk: to an EROFS image from which a machine
can boot, every digest verified and every byte on disk. Beside it \`umoci unpack\` and \`mkfs.erofs -T0\` of what it unpacked, one after
the other, and \`sync\` of the file.`,
  targets: {
    pull: { what: 'image to bootable', of: 'ratio', comparison: '<=', figure: 0.5, unit: '×' },
  },
  async run({ long }) {
    const directory = mkdtempSync(path.join(tmpdir(), 'bulkhead-bench-'));
    try {
      const layout = path.join(directory, 'layout');
      writeLargeImage(layout);
      const pairs = await sideBySide(long ? 30 : 10, {
        ours: () => timed((target) => pull(layout, target), directory),
        peer: () => timed((target) => byHand(layout, target), directory),
      });
      const ours = pairs.map((pair) => pair.ours);
      return [
        {
          what: 'image to bootable',
          figure: median(ours),
          interval: medianInterval(ours),
          unit: 'ms',
          peer: { what: 'umoci and mkfs.erofs', figure: median(pairs.map((pair) => pair.peer)) },
          ratio: pairedRatio(pairs),
          target: 'pull',
        },
      ];
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

async function timed(work, directory) {
  const target = mkdtempSync(path.join(directory, 'target-'));
  const begun = performance.now();
  const file = await work(target);
  const took = performance.now() - begun;
  if (statSync(file).size < 100 * 2 ** 20) throw new Error(`${file} is no image of 200 MB.`);
  rmSync(target, { recursive: true, force: true });
  return took;
}

async function pull(layout, target) {
  const images = await ImageStore.open({
    directory: target,
    maxBytes: 2 ** 31,
    sources: { layoutRoots: [layout], privateRegistries: [], insecureRegistries: [] },
  });
  return (await images.ensure(`oci:${layout}:latest`)).path;
}

async function byHand(layout, target) {
  const bundle = path.join(target, 'bundle');
  const file = path.join(target, 'rootfs.erofs');
  const rootless = process.getuid() === 0 ? [] : ['--rootless'];
  await run('umoci', ['unpack', ...rootless, '--image', `${layout}:latest`, bundle]);
  await run('mkfs.erofs', ['-T0', '--quiet', file, path.join(bundle, 'rootfs')]);
  await run('sync', [file]);
  return file;
}
