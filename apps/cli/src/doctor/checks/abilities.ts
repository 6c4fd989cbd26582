import { z } from 'zod';
import type { Check } from '../check.js';

const abilities = z.looseObject({
  hosts: z.array(z.looseObject({ host: z.string(), abilities: z.record(z.string(), z.string()) })),
});

/** What workers found they can do on their hosts, each by a guest of its own. */
export const hostAbilities: Check = {
  name: 'hosts’ abilities',
  async run({ api }) {
    if (!api) return { status: 'unknown', found: 'no platform is known here' };
    const { hosts } = await api.get('/api/v1/hosts/abilities', abilities);
    if (hosts.length === 0) return { status: 'unknown', found: 'no host was heard of' };
    const found = hosts.map(({ host, abilities: said }) => `${host}: ${describe(said)}`).join('; ');
    const isWhole = hosts.every(({ abilities: said }) => said['isolated'] === 'true' && !said['missing']);
    return isWhole
      ? { status: 'ok', found }
      : {
          status: 'warning',
          found,
          advice: 'What is missing weakens isolation or speed there: see docs/install.md.',
        };
  },
};

const describe = ({ accel, network, isolated, missing }: Readonly<Record<string, string>>): string =>
  [
    accel ?? 'unknown acceleration',
    `network ${network ?? 'unknown'}`,
    isolated === 'true' ? 'isolated' : 'NOT ISOLATED',
    ...(missing ? [`missing ${missing}`] : []),
  ].join(', ');
