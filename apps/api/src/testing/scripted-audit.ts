import {
  exportRequest,
  consistencyRequest,
  headRequest,
  proveRequest,
} from '@bulkhead/contracts/commands/audit';
import { TerminalError } from '@bulkhead/contracts';
import { commandHandler, serveCommands, type Bus } from '@bulkhead/journal';
import { z } from 'zod';

const request = z.union([proveRequest, exportRequest, consistencyRequest, headRequest]);

/** Stands in for the audit log: keeps what it was asked, and has one event, `01known`, of whatever organization asks. */
export class ScriptedAudit {
  readonly asked: { name: string; input: z.infer<typeof request> }[] = [];

  constructor(bus: Bus) {
    const answers: Readonly<Record<string, unknown>> = {
      head: { note: 'a note', publicKey: 'a key', origin: 'test/audit' },
      consistency: { proof: ['a hash'] },
      witnesses: { size: 0, witnesses: [] },
      export: { lines: ['a line'], next: 1, size: 1 },
      prove: { proof: { format: 'bulkhead-event-proof' } },
    };
    const handlers = Object.entries(answers).map(([name, result]) => [
      name,
      commandHandler<null, null, z.infer<typeof request>>({
        callers: ['api'],
        access: null,
        input: request,
        handle: async (_context, input) => {
          this.asked.push({ name, input });
          if ('event' in input && 'envelope' in input.event && input.event.envelope !== '01known')
            throw new TerminalError('not_found', 'there is no such event', { status: 404 });
          return { result };
        },
      }),
    ]);
    serveCommands<null, null>({
      bus,
      service: 'audit',
      handlers: Object.fromEntries(handlers),
      clear: () => null,
    });
  }
}
