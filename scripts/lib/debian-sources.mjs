import { existsSync, readdirSync, readFileSync } from 'node:fs';

/**
 * One place that apt gets packages from, in either of its two file formats.
 * @typedef {{ uri: string, suites: string[], components: string[], signedBy: string | null }} PackageSource
 */

/** @returns {PackageSource[]} from text in the one-line format (`deb [options] uri suite component...`) */
export function parseOneLineSources(text) {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (!match) return [];
    const [, options = '', uri, suite, components] = match;
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1] ?? null;
    return [{ uri, suites: [suite], components: components.split(/\s+/).filter(Boolean), signedBy }];
  });
}

/** @returns {PackageSource[]} from text in the deb822 format (paragraphs of `Field: value`) */
export function parseDeb822Sources(text) {
  return text.split(/\n\s*\n/).flatMap((paragraph) => {
    const fields = new Map(
      paragraph
        .split('\n')
        .filter((line) => !line.startsWith('#'))
        .join('\n')
        .split(/\n(?=\S)/)
        .map((field) => /^([A-Za-z-]+):\s*([\s\S]*)$/.exec(field.trim()))
        .filter(Boolean)
        .map(([, name, value]) => [name.toLowerCase(), value]),
    );
    const words = (name) => (fields.get(name) ?? '').split(/\s+/).filter(Boolean);
    if (!words('types').includes('deb') || words('enabled')[0] === 'no') return [];
    const key = words('signed-by');
    const signedBy = key.length === 1 && key[0].startsWith('/') ? key[0] : null;
    return words('uris').map((uri) => ({
      uri,
      suites: words('suites'),
      components: words('components'),
      signedBy,
    }));
  });
}

/** @returns {PackageSource[]} every source this machine's apt is configured with */
export function configuredSources(directory = '/etc/apt') {
  const files = [`${directory}/sources.list`, ...list(`${directory}/sources.list.d`)];
  return files.filter(existsSync).flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    return file.endsWith('.sources') ? parseDeb822Sources(text) : parseOneLineSources(text);
  });
}

/** Where this machine gets the main part of the release named (such as `bookworm`), or null. */
export const mirrorOf = (sources, release) =>
  sources.find(({ suites, components }) => suites.includes(release) && components.includes('main'))?.uri ??
  null;

const list = (directory) =>
  existsSync(directory)
    ? readdirSync(directory)
        .filter((name) => /\.(list|sources)$/.test(name))
        .sort()
        .map((name) => `${directory}/${name}`)
    : [];
