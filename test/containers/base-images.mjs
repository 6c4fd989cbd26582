import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { configuredSources, mirrorOf } from '../../scripts/lib/debian-sources.mjs';
import { run } from '../../scripts/lib/run.mjs';
import { findProgram } from '../../scripts/setup/host-packages.mjs';

export const DEBIAN = 'debian:bookworm-slim';

/**
 * Stand-ins, under their official names, for base images where no image registry can be reached: Debian's own packages in place of
 * the registry's layers. Everything built on them is built and run for real.
 */
export async function provideDebian(engine, cache) {
  if (engine.hasImage(DEBIAN)) return;
  const archive = path.join(cache, 'debian-bookworm.tar');
  if (!existsSync(archive)) await bootstrap(archive);
  await engine.docker(['import', archive, DEBIAN]);
}

async function bootstrap(archive) {
  const directory = mkdtempSync(path.join(tmpdir(), 'bulkhead-debootstrap-'));
  const root = path.join(directory, 'root');
  try {
    const mirror = mirrorOf(configuredSources(), 'bookworm');
    await run(findProgram('debootstrap'), ['--variant=minbase', 'bookworm', root, mirror], {
      what: 'debootstrap',
    });
    // The same packages from the same place as on this host.
    const sources = '/etc/apt/sources.list.d/debian.sources';
    if (existsSync(sources)) {
      rmSync(path.join(root, 'etc/apt/sources.list'), { force: true });
      copyFileSync(sources, path.join(root, sources));
    }
    rmSync(path.join(root, 'var/cache/apt/archives'), { recursive: true, force: true });
    mkdirSync(path.join(root, 'var/cache/apt/archives/partial'), { recursive: true });
    mkdirSync(path.dirname(archive), { recursive: true });
    await run('tar', ['-C', root, '-cf', `${archive}.new`, '.']);
    await run('mv', [`${archive}.new`, archive]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Builds an image from a Dockerfile's text, with files of this host beside it. */
export async function buildFrom(engine, name, dockerfile, files = {}) {
  const context = mkdtempSync(path.join(tmpdir(), 'bulkhead-image-'));
  try {
    writeFileSync(path.join(context, 'Dockerfile'), dockerfile);
    for (const [target, source] of Object.entries(files))
      await run('cp', ['-a', source, path.join(context, target)]);
    await engine.docker(['build', '-q', '-t', name, context]);
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}
