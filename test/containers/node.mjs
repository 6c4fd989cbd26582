import { realpathSync } from 'node:fs';
import path from 'node:path';
import { outputOf } from '../../scripts/lib/run.mjs';

/** Node and npm of this machine, as files to put into an image. */
export function nodeFiles(root) {
  const cli =
    process.env.npm_execpath ?? outputOf('npm', ['root', '-g'])?.trim().concat('/npm/bin/npm-cli.js');
  return {
    node: realpathSync(path.join(root, 'node_modules/node/bin/node')),
    npm: path.dirname(path.dirname(realpathSync(cli))),
  };
}

export const INSTALL_NODE = `COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \\
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
`;
