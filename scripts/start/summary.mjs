import path from 'node:path';
import { duration } from '../lib/steps.mjs';

/** What a newcomer wants to know once everything runs. */
export function summary({ dev, layout, root, elapsedMs, missing }) {
  const rows = [
    ['App', dev.sampleApp.url],
    ['', curlLine(dev, root)],
    ['API', `${dev.apiUrl}/v1 (Machines REST), ${dev.apiUrl}/graphql`],
    ['CLI', cliLine(dev, root, layout)],
    ['Logs', shown(layout.logs, root)],
    ['Data', shown(layout.data, root)],
    ['Stop', 'Ctrl-C; npm start finds the data again'],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    '',
    `Bulkhead runs (${duration(elapsedMs)}).`,
    '',
    ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`),
    ...(missing.length > 0 ? ['', '  Not available here:', ...missing.map((line) => `  - ${line}`)] : []),
    '',
  ].join('\n');
}

/** curl takes names below .localhost as this machine, as browsers do. */
export const curlArguments = (dev, caFile = dev.caFile) => ['--cacert', caFile, dev.sampleApp.url];

const curlLine = (dev, root) => ['curl', ...curlArguments(dev, shown(dev.caFile, root))].join(' ');

function cliLine(dev, root, layout) {
  const isDefault = path.resolve(root, '.bulkhead') === layout.asked;
  return `${isDefault ? '' : `BULKHEAD_DATA=${shown(layout.data, root)} `}npx bulkhead machine list ${dev.sampleApp.name}`;
}

function shown(file, root) {
  const relative = path.relative(root, file);
  return relative.startsWith('..') ? file : relative;
}
