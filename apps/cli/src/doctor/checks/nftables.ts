import { firstLine, inOwnNetwork, tryProgram, type Check } from '../check.js';

/** Proven by a table in a network namespace of its own. */
export const nftables: Check = {
  name: 'nftables',
  async run() {
    const made = await tryProgram(
      'unshare',
      inOwnNetwork('nft', 'add', 'table', 'netdev', 'bulkhead_doctor'),
    );
    if (made?.ok) return { status: 'ok', found: 'a table was made and went with its namespace' };
    return {
      status: 'failed',
      found: made ? firstLine(made.output) : 'unshare can’t be run',
      advice: 'Install nftables; machines get no packet filters without it.',
    };
  },
};
