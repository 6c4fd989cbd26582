import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

/** Lets a child process and its threads run the sources as they are, so that tests need no build. */
const settings = JSON.parse(readFileSync(new URL('../../../../.swcrc', import.meta.url), 'utf8'));

const SOURCES = new URL('..', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    const isEntry = specifier.startsWith(SOURCES);
    const isSource = isEntry || (specifier.startsWith('.') && context.parentURL?.endsWith('.ts'));
    return next(isSource ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
  load(url, context, next) {
    if (!url.endsWith('.ts')) return next(url, context);
    const filename = fileURLToPath(url);
    const { code } = transformSync(readFileSync(filename, 'utf8'), {
      ...settings,
      swcrc: false,
      filename,
      sourceMaps: 'inline',
    });
    return { format: 'module', source: code, shortCircuit: true };
  },
});
