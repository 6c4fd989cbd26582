import { z } from 'zod';
import type { Check } from '../check.js';

const shape = z.looseObject({
  size: z.number(),
  witnesses: z.array(
    z.looseObject({
      url: z.string(),
      size: z.number(),
      accepted_at: z.string().nullable(),
      problem: z.string().nullable(),
      contradicts: z.boolean(),
    }),
  ),
});
type Witness = z.infer<typeof shape>['witnesses'][number];

/** How long a witness may be away before somebody should look, in ms. */
const PATIENCE_MS = 3_600_000;

/** Whether the audit log's heads reach those who keep them for others, and agree with what those have seen. */
export const witnesses: Check = {
  name: 'witnesses',
  async run({ api, now }) {
    if (!api) return { status: 'unknown', found: 'no platform is known here' };
    const { size, witnesses: all } = await api.get('/api/v1/audit/witnesses', shape);
    if (all.length === 0)
      return {
        status: 'unknown',
        found: 'the audit log is brought to none',
        advice: 'Have one outside: docs/runbooks/witness-the-audit-log.md',
      };
    const contradicting = all.filter(({ contradicts }) => contradicts);
    if (contradicting.length > 0)
      return {
        status: 'failed',
        found: `CONTRADICTION: ${contradicting.map(said).join('; ')}`,
        advice: 'The log was altered, or restored: docs/runbooks/witness-the-audit-log.md',
      };
    const isLate = ({ size: taken, accepted_at }: Witness) =>
      taken < size && (accepted_at === null || now().getTime() - Date.parse(accepted_at) > PATIENCE_MS);
    const late = all.filter(isLate);
    return late.length > 0
      ? {
          status: 'failed',
          found: `behind: ${late.map(said).join('; ')}`,
          advice: 'Can the audit service reach it?',
        }
      : {
          status: 'ok',
          found: all.map(({ url, size: taken }) => `${url} has ${taken} of ${size}`).join('; '),
        };
  },
};

const said = ({ url, size, problem }: Witness): string =>
  `${url} (${size} entries): ${problem ?? 'not asked yet'}`;
