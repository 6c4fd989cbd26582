import { open, type FileHandle } from 'node:fs/promises';
import { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { unreadable } from './unreadable.js';

const page = z.looseObject({ lines: z.array(z.string()), next: z.number(), size: z.number() });

export const exportAudit = (context: Context) =>
  new Command('export')
    .description('write the whole audit log to a file, for: bulkhead audit verify FILE')
    .argument('<file>')
    .action(async (file: string) => {
      const handle = await open(file, 'w').catch((error: unknown) => {
        throw unreadable(file, error);
      });
      const entries = await download(context, handle).finally(() => handle.close());
      context.show({ file, entries }, () => `Exported ${entries} entries to ${file}.`);
    });

/** Up to where the log was when the export began; what comes meanwhile is the next export's. @returns how many entries. */
async function download(context: Context, handle: FileHandle): Promise<number> {
  let from = 0;
  for (let end = 1; from < end;) {
    const { lines, next, size } = await context.api.get(`/api/v1/audit/export?from=${from}`, page);
    if (from === 0) end = size;
    for (const line of lines) await handle.write(`${line}\n`);
    if (next === from) break;
    from = next;
    context.progress(`${from} of ${Math.max(end, from)} entries`);
  }
  return from;
}
