import { parkedList } from '../../parked/shapes.js';
import type { Check } from '../check.js';

export const parked: Check = {
  name: 'parked work',
  async run({ api }) {
    if (!api) return { status: 'unknown', found: 'no platform is known here' };
    const { total, parked: shown, silent } = await api.get('/api/v1/parked', parkedList);
    if (total > 0)
      return {
        status: 'failed',
        found: `${total}: ${[...new Set(shown.map(({ reader, work }) => `${reader} ${work}`))].slice(0, 5).join(', ')}`,
        advice: 'See: bulkhead parked list; then bulkhead parked retry or discard.',
      };
    return silent.length > 0
      ? { status: 'unknown', found: `no answer from ${silent.join(', ')}` }
      : { status: 'ok', found: 'none' };
  },
};
