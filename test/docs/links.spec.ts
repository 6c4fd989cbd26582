import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** Files that are part of the repository, or about to be. */
const pages = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard', '--', '*.md'], {
  cwd: root,
})
  .toString('utf8')
  .split('\0')
  .filter((file) => file !== '' && existsSync(join(root, file)));

const withoutCode = (text: string) => text.replace(/^ *```[^]*?^ *```$/gm, '').replace(/`[^`\n]*`/g, '');
const linksOf = (page: string) =>
  [...withoutCode(read(page)).matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));

/** The anchors that GitHub gives a page's headings. */
const anchorsOf = (page: string) =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

function problemOf(page: string, link: string): string | null {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : relative(root, join(root, dirname(page), decodeURIComponent(path)));
  if (!existsSync(join(root, target))) return `${link}: there is no ${target}`;
  if (anchor && !anchorsOf(target).includes(anchor)) return `${link}: ${target} has no heading for it`;
  return null;
}

describe('documentation', () => {
  it.each(pages)('%s links only to what is there', (page) => {
    expect(linksOf(page).map((link) => problemOf(page, link))).toEqual(linksOf(page).map(() => null));
  });

  it('is all in the index, by itself or by its folder', () => {
    const linked = new Set(linksOf('docs/README.md').map((link) => join('docs', link.split('#')[0] ?? '')));
    const docs = pages.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md');
    expect(docs.filter((page) => !linked.has(page))).toEqual([]);
  });
});

describe('SPECIFICATION.md', () => {
  /** `[file](path) "name of the test"`, as often as there are tests for a promise. */
  const named = [...read('docs/SPECIFICATION.md').matchAll(/\]\(\.\.\/([^()\s]+)\) "([^"]+)"/g)].map(
    ([, file = '', name = '']) => ({ file, name }),
  );

  it('names tests', () => {
    expect(named.length).toBeGreaterThan(100);
  });

  it('names only tests that are there', () => {
    const missing = named.filter(({ file, name }) => !isThere(file, name));
    expect(missing).toEqual([]);
  });
});

/** Names as they stand in the source, with its escapes and either kind of apostrophe. */
const plain = (text: string) => text.replaceAll(/\\(['"`])/g, '$1').replaceAll('’', "'");

function isThere(file: string, name: string): boolean {
  if (!existsSync(join(root, file))) return false;
  const quoted =
    /(?<![.\w])(?:it|test)(?:\.\w+)?(?:<[^>]*>)?(?:\([^]*?\))??\(\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/g;
  return [...read(file).matchAll(quoted)].some(([, single, double, tick]) =>
    [single, double, tick].some((found) => found !== undefined && plain(found) === plain(name)),
  );
}
