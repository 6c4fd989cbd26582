import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Failure } from './failure.mjs';
import { run } from './run.mjs';

/**
 * Unpacks one Debian package into a directory without installing it: apt's verification, but lists, cache and sources of its own,
 * so that nothing of the machine's package management changes. Needs no rights.
 * @param {{ name: string, source: { uri: string, suite: string, keyring: string }, work: string, into: string, log?: string }} wanted
 *   `work`: a directory for lists and downloads
 */
export async function unpackDebianPackage({ name, source, work, into, log }) {
  const directories = ['lists/partial', 'cache/archives/partial', 'download'].map((part) =>
    path.join(work, part),
  );
  for (const directory of directories) mkdirSync(directory, { recursive: true });
  const sources = path.join(work, 'bulkhead.sources');
  writeFileSync(
    sources,
    `Types: deb\nURIs: ${source.uri}\nSuites: ${source.suite}\nComponents: main\nSigned-By: ${source.keyring}\n`,
  );
  const apt = (...args) =>
    run('apt-get', [...privateOptions(work, sources), ...args], {
      cwd: path.join(work, 'download'),
      what: `apt-get ${args[0]} (${source.suite})`,
      ...(log ? { log } : {}),
    });
  await apt('update');
  await apt('download', name);
  const archive = readdirSync(path.join(work, 'download')).find((file) => file.startsWith(`${name}_`));
  if (!archive) throw new Failure(`apt-get downloaded no ${name} from ${source.suite}.`);
  mkdirSync(into, { recursive: true });
  await run('dpkg-deb', ['-x', path.join(work, 'download', archive), into]);
  rmSync(work, { recursive: true });
}

const privateOptions = (work, sources) =>
  [
    `Dir::Etc::SourceList=${sources}`,
    'Dir::Etc::SourceParts=/dev/null',
    // A machine pinned to its own release would otherwise refuse the package of another.
    'Dir::Etc::Preferences=/dev/null',
    'Dir::Etc::PreferencesParts=/dev/null',
    `Dir::State::Lists=${work}/lists`,
    `Dir::Cache=${work}/cache`,
    'Dir::Cache::pkgcache=',
    'Dir::Cache::srcpkgcache=',
    'APT::Get::List-Cleanup=0',
    ...(process.getuid() === 0 ? ['APT::Sandbox::User=root'] : []),
  ].flatMap((option) => ['-o', option]);
