import { z } from 'zod';
import type { Check } from '../check.js';

const regions = z.looseObject({ Regions: z.array(z.unknown()).optional() });

/** Whether the platform answers at all, and takes this credential. */
export const apiAnswers: Check = {
  name: 'API',
  async run({ api }) {
    if (!api)
      return { status: 'unknown', found: 'no platform is known here', advice: 'Run npm start first.' };
    await api.get('/v1/platform/regions', regions);
    return { status: 'ok', found: 'answers' };
  },
};
