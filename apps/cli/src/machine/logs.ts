import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { printable } from '../output/table.js';

const options = z.object({ follow: z.boolean().default(false), region: z.string().optional() });

const page = z.looseObject({
  data: z.array(
    z.looseObject({
      id: z.string(),
      attributes: z.looseObject({
        timestamp: z.string(),
        message: z.string(),
        level: z.string().nullish(),
        instance: z.string().nullish(),
        region: z.string().nullish(),
      }),
    }),
  ),
  meta: z.looseObject({ next_token: z.string().nullish() }),
});
type Page = z.infer<typeof page>;

const POLL_MS = 1000;

export const machineLogs = (context: Context) =>
  new Command('logs')
    .description('what the machines of an app print')
    .argument('<app>')
    .argument('[machine]', 'id; all of the app without it')
    .option('-f, --follow', 'go on with new lines')
    .option('-r, --region <region>')
    .action(async (app: string, machine: string | undefined, given: unknown) => {
      const { follow, region } = options.parse(given);
      let token = '';
      for (;;) {
        const query = new URLSearchParams({
          ...(token ? { next_token: token } : {}),
          ...(machine ? { instance: machine } : {}),
          ...(region ? { region } : {}),
        });
        const found = await context.api.get(
          `/api/v1/apps/${encodeURIComponent(app)}/logs?${query.toString()}`,
          page,
        );
        print(context, found);
        const next = found.meta.next_token ?? token;
        const isEnd = next === token;
        token = next;
        if (!isEnd) continue;
        if (!follow) return;
        await delay(POLL_MS);
      }
    });

/** With `--json` one line of JSON for each line of the log, so that it can be followed. */
function print(context: Context, { data }: Page): void {
  for (const { attributes } of data)
    context.print(
      context.json
        ? JSON.stringify(attributes)
        : `${attributes.timestamp} ${attributes.instance ?? '-'} ${printable(attributes.message)}`,
    );
}
