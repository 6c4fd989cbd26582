import path from 'node:path';
import { run } from '../lib/run.mjs';

const NODE = 'node_modules/.bin/node';

/** Kernel and initrd that every machine boots from; kept in the cache. */
export async function provideGuest(root, layout) {
  await run(path.join(root, NODE), ['scripts/setup/guest.mjs', layout.guest], {
    cwd: root,
    what: 'Building the guest',
  });
}

/**
 * The sample app as an OCI layout on disk.
 * @returns {Promise<string>} the image reference for a machine's configuration
 */
export async function buildSampleImage(root, layout) {
  const directory = path.join(layout.images, 'hello');
  await run(path.join(root, NODE), ['scripts/images/build-oci.mjs', 'examples/hello', directory], {
    cwd: root,
    what: 'Building the sample image',
  });
  return `oci:${directory}:latest`;
}
