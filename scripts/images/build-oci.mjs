/**
 * Builds an image from a directory with a Go program and an image.json, without Docker: one static binary on an
 * empty root file system, as an OCI image layout.
 *
 *   node scripts/images/build-oci.mjs APP_DIRECTORY LAYOUT_DIRECTORY [TAG]
 *
 * leaves LAYOUT_DIRECTORY ready to be used as oci:LAYOUT_DIRECTORY:TAG (latest) and prints the manifest's digest. The
 * same sources give the same digest with the same Go and Node. Needs go and no network.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { explain, Failure } from '../lib/failure.mjs';
import { run } from '../lib/run.mjs';
import { writeLayout } from './oci-layout.mjs';
import { tarArchive } from './tar.mjs';

async function main([app, layout, tag = 'latest']) {
  if (!app || !layout)
    throw new Failure('usage: node scripts/images/build-oci.mjs APP_DIRECTORY LAYOUT_DIRECTORY [TAG]');
  const name = basename(resolve(app));
  const { config } = JSON.parse(readFileSync(join(app, 'image.json'), 'utf8'));
  const layer = tarArchive([{ path: name, mode: 0o755, data: await buildStatic(app) }]);
  console.log(writeLayout(layout, { layers: [layer], config, tag }));
}

/** @returns {Promise<Buffer>} a linux/amd64 program that needs no library */
async function buildStatic(directory) {
  const work = mkdtempSync(join(tmpdir(), 'bulkhead-image-'));
  try {
    const output = join(work, 'program');
    await run('go', ['build', '-trimpath', '-ldflags', '-s -w -buildid=', '-o', output, '.'], {
      cwd: directory,
      what: `Building ${directory}`,
      env: {
        HOME: work,
        ...process.env,
        CGO_ENABLED: '0',
        GOOS: 'linux',
        GOARCH: 'amd64',
        GOFLAGS: '-buildvcs=false',
        GOPROXY: 'off',
        GOTOOLCHAIN: 'local',
      },
    });
    return readFileSync(output);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(explain(error));
  process.exitCode = 1;
});
