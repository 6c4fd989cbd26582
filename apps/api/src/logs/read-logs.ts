import { TerminalError, type LogLine } from '@bulkhead/contracts';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { appParams, noBody } from '../operations/shapes.js';

const LEVELS: Readonly<Record<LogLine['stream'], string>> = {
  stdout: 'info',
  stderr: 'error',
  platform: 'info',
};

const query = z.object({
  next_token: z
    .string()
    .max(32)
    .optional()
    .meta({ description: 'Where to go on: meta.next_token of an earlier answer' }),
  instance: z.string().max(64).optional().meta({ description: "Only this machine's lines" }),
  region: z.string().max(32).optional(),
});

export const readLogs = operation({
  name: 'logs.read',
  summary: "Read what an app's machines wrote: the newest lines, then what came since",
  method: 'GET',
  path: '/api/v1/apps/:app_name/logs',
  access: { on: 'app', action: 'read', app: ({ params }) => params.app_name },
  params: appParams,
  query,
  body: noBody,
  result: z.object({
    data: z.array(
      z.object({
        id: z.string(),
        type: z.literal('log'),
        attributes: z.object({
          timestamp: z.string(),
          message: z.string(),
          level: z.string(),
          instance: z.string(),
          region: z.string(),
          meta: z.object({ instance: z.string(), stream: z.string(), cut: z.boolean() }),
        }),
      }),
    ),
    meta: z.object({ next_token: z.string() }),
  }),
  async handle({ api, target: { organization, app }, input: { query: asked } }) {
    const from = asked.next_token ? sequenceOf(asked.next_token) : undefined;
    const { lines, next } = await api.logs.read({ organization, app, from });
    const wanted = lines.filter(
      ({ line }) =>
        (!asked.instance || line.machine === asked.instance) &&
        (!asked.region || line.region === asked.region),
    );
    return {
      data: wanted.map(({ sequence, line }, index) => ({
        id: `${sequence}-${index}`,
        type: 'log' as const,
        attributes: {
          timestamp: new Date(line.at).toISOString(),
          message: line.text,
          level: LEVELS[line.stream],
          instance: line.machine,
          region: line.region,
          meta: { instance: line.instance, stream: line.stream, cut: line.cut },
        },
      })),
      meta: { next_token: String(next) },
    };
  },
});

function sequenceOf(token: string): number {
  if (/^\d{1,15}$/.test(token)) return Number(token);
  throw new TerminalError('invalid_cursor', 'next_token is not one of this list', { status: 400 });
}
