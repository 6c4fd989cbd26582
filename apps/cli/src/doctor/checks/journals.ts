import { journals as shape, type Journal } from '../../journal/shapes.js';
import type { Check } from '../check.js';

/** Streams against the journals they carry, and projections that gave up. */
export const journals: Check = {
  name: 'journals',
  async run({ api }) {
    if (!api) return { status: 'unknown', found: 'no platform is known here' };
    const { journals: all } = await api.get('/api/v1/journals', shape);
    const problems = all.flatMap(problemsOf);
    if (problems.length > 0)
      return {
        status: 'failed',
        found: problems.join('; '),
        advice: 'See: bulkhead journal status, bulkhead journal reconcile JOURNAL',
      };
    const positions = all.map(({ service, head }) => `${service} ${head?.position ?? '-'}`);
    return { status: 'ok', found: `streams carry them: ${positions.join(', ')}` };
  },
};

function problemsOf({ service, problem, stream, relay, surplus, projections, head }: Journal): string[] {
  if (problem !== null) return [`${service}: ${problem}`];
  const stopped = (projections ?? []).filter(({ state }) => state === 'stopped');
  return [
    ...(stream === null ? [`${service} has no stream`] : []),
    ...(stream && stream.drift.length > 0 ? [`the stream of ${service}: ${stream.drift.join(', ')}`] : []),
    ...(relay?.state === 'stopped' ? [`${service}: ${relay.why ?? 'its relay stopped'}`] : []),
    ...(surplus ? [`${service}: ${surplus} envelopes beyond its journal at ${head?.position ?? 0}`] : []),
    ...stopped.map(({ name, why }) => `${name} stopped: ${why ?? ''}`),
  ];
}
