import { z } from 'zod';
import { host } from '../../hosts/shapes.js';
import type { Check } from '../check.js';

/** Hosts that the scheduler has not heard of, and those that take nothing. */
export const hosts: Check = {
  name: 'hosts',
  async run({ api }) {
    if (!api) return { status: 'unknown', found: 'no platform is known here' };
    const { hosts: all } = await api.get('/api/v1/hosts', z.looseObject({ hosts: z.array(host) }));
    const lost = all.filter(({ status }) => status === 'lost').map(({ name }) => name);
    if (lost.length > 0)
      return {
        status: 'failed',
        found: `lost: ${lost.join(', ')}`,
        advice: 'Look at these hosts and their workers’ logs.',
      };
    if (all.length === 0)
      return {
        status: 'failed',
        found: 'none has joined',
        advice: 'See docs/install.md: joining a worker host.',
      };
    const cordoned = all.filter((row) => row.cordoned).length;
    return {
      status: 'ok',
      found: `${all.length} ready${cordoned > 0 ? `, ${cordoned} of them cordoned` : ''}`,
    };
  },
};
