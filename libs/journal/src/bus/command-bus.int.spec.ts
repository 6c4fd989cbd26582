import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { commandSubject, RetryableError, TerminalError } from '@bulkhead/contracts';
import { Refusal } from '@bulkhead/domain';
import { startNats, type TestNats } from '@bulkhead/testing';
import type { NatsConnection } from 'nats';
import { z } from 'zod';
import { natsBus } from '../nats/bus.js';
import type { Bus, Subscription } from '../ports/bus.js';
import { DatabaseUnavailable } from '../ports/sql.js';
import { CommandBus } from './command-bus.js';
import { commandHandler, serveCommands, type CommandHandler, type ServeOptions } from './serve-commands.js';

let nats: TestNats;
let connections: { api: NatsConnection; scheduler: NatsConnection };
let serving: Subscription[];
let reported: unknown[];

beforeAll(async () => {
  nats = await startNats();
  connections = { api: await nats.connect('api'), scheduler: await nats.connect('scheduler') };
});
afterAll(() => nats.stop());
beforeEach(() => {
  serving = [];
  reported = [];
});
afterEach(() => {
  for (const subscription of serving) subscription.close();
});

type Handler = CommandHandler<'any', string>;

const serve = (handlers: Record<string, Handler>, overrides: Partial<ServeOptions<'any', string>> = {}) => {
  const service = serveCommands<'any', string>({
    bus: natsBus(connections.scheduler),
    service: 'scheduler',
    handlers,
    clear: (_access, { caller, credential }) => {
      if (credential === 'stolen')
        throw new TerminalError('unauthorized', 'this token is not valid', { status: 401 });
      return `${caller}:${credential ?? 'none'}`;
    },
    report: (error) => reported.push(error),
    ...overrides,
  });
  serving.push(service);
  return service;
};

const greet = commandHandler<'any', string, { name: string }>({
  callers: ['api', 'host'],
  access: 'any',
  input: z.strictObject({ name: z.string().max(10) }),
  handle: ({ principal }, { name }) =>
    Promise.resolve({
      result: { greeting: `hello ${name}`, principal },
      touched: [{ aggregate: { type: 'a', id: 'b' }, version: 2 }],
    }),
});

const greeting = z.strictObject({ greeting: z.string(), principal: z.string() });
const failing = (error: () => Error): Handler => ({ ...greet, handle: () => Promise.reject(error()) });

const bus = (caller = 'api', over: Bus = natsBus(connections.api)) => new CommandBus(over, caller);
const hello = (name = 'you', by = bus(), deadlineMs = 2_000) =>
  by.command('scheduler', 'greet', { id: 'c1', credential: 'tok', input: { name } }, greeting, {
    deadlineMs,
    answerMs: 200,
  });

describe('a command', () => {
  it('is cleared, handled and answered with what it touched', async () => {
    serve({ greet });
    expect(await hello()).toEqual({
      result: { greeting: 'hello you', principal: 'api:tok' },
      touched: [{ aggregate: { type: 'a', id: 'b' }, version: 2 }],
    });
  });

  it('goes to one of the copies of a service', async () => {
    let handled = 0;
    const counting: Handler = { ...greet, handle: (...args) => (handled++, greet.handle(...args)) };
    serve({ greet: counting });
    serve({ greet: counting });
    await Promise.all(Array.from({ length: 20 }, () => hello()));
    expect(handled).toBe(20);
  });

  it.each([
    ['input of another shape', () => hello('x'.repeat(11)), { code: 'invalid_command', status: 400 }],
    [
      'an unknown name',
      () => bus().command('scheduler', 'constructor', { id: 'c', input: {} }, greeting),
      { code: 'unknown_command', status: 404 },
    ],
    ['a caller it is not for', () => hello('you', bus('vault')), { code: 'caller_not_allowed', status: 403 }],
    [
      'a credential that is not cleared',
      () =>
        bus().command(
          'scheduler',
          'greet',
          { id: 'c', credential: 'stolen', input: { name: 'x' } },
          greeting,
        ),
      { code: 'unauthorized', status: 401 },
    ],
  ])('with %s is refused for good', async (_what, send, error) => {
    serve({ greet });
    await expect(send()).rejects.toMatchObject({ ...error, retryable: false });
  });

  it('is believed to come from whom its subject says, not from what it says', async () => {
    serve({ greet });
    await connections.scheduler.flush();
    const forged = JSON.stringify({ id: 'c', caller: 'scheduler', input: { name: 'x' } });
    const answer = await natsBus(connections.api).request(
      commandSubject('scheduler', 'greet', 'host_1'),
      Buffer.from(forged),
      { timeoutMs: 500 },
    );
    expect(JSON.parse(Buffer.from(answer.data).toString())).toMatchObject({
      ok: true,
      result: { principal: expect.stringMatching(/^host_1:/) },
    });
  });

  it('answers bytes that are no JSON with an error, and lives on', async () => {
    serve({ greet });
    await connections.scheduler.flush();
    const answer = await natsBus(connections.api).request(
      commandSubject('scheduler', 'greet', 'api'),
      Buffer.from('{"id":'),
      { timeoutMs: 500 },
    );
    expect(JSON.parse(Buffer.from(answer.data).toString())).toMatchObject({
      ok: false,
      error: { retryable: false },
    });
    await hello();
  });

  it("brings back a decider's refusal as it was said", async () => {
    serve({ greet: failing(() => new Refusal('name_taken', 'taken', 409, { id: 'm1' })) });
    await expect(hello()).rejects.toMatchObject({
      code: 'name_taken',
      message: 'taken',
      status: 409,
      details: { id: 'm1' },
    });
  });

  it('tells nothing of an error nobody foresaw, but reports it', async () => {
    serve({ greet: failing(() => new Error('password is hunter2')) });
    await expect(hello()).rejects.toMatchObject({
      code: 'internal_error',
      status: 500,
      message: expect.not.stringContaining('hunter2'),
    });
    expect(reported).toEqual([expect.objectContaining({ message: 'password is hunter2' })]);
  });

  it('is asked again under its id while it may be retried', async () => {
    let attempts = 0;
    const ids = new Set<string>();
    serve({
      greet: {
        ...greet,
        handle: (context, input) => {
          ids.add(context.id);
          return attempts++ < 2
            ? Promise.reject(new RetryableError('away', 'away', 20))
            : greet.handle(context, input);
        },
      },
    });
    await hello();
    expect({ attempts, ids: [...ids] }).toEqual({ attempts: 3, ids: ['c1'] });
  });

  it('is asked again when its answer was lost', async () => {
    let attempts = 0;
    serve({
      greet: {
        ...greet,
        handle: (context, input) =>
          attempts++ === 0 ? new Promise<never>(() => undefined) : greet.handle(context, input),
      },
    });
    await hello();
    expect(attempts).toBe(2);
  });

  it('that may have been committed ends with a key, never with an invitation to retry', async () => {
    serve({ greet: { ...greet, handle: () => new Promise<never>(() => undefined) } });
    await expect(hello('you', bus(), 500)).rejects.toMatchObject({
      code: 'deadline_exceeded',
      status: 504,
      retryable: false,
      details: { key: 'c1' },
    });
  });

  it('keeps the doubt of one lost answer through later answers that nothing was committed', async () => {
    let attempts = 0;
    serve({
      greet: {
        ...greet,
        handle: () =>
          attempts++ === 0
            ? new Promise<never>(() => undefined)
            : Promise.reject(new RetryableError('away', 'away', 20)),
      },
    });
    await expect(hello('you', bus(), 500)).rejects.toMatchObject({ code: 'deadline_exceeded' });
  });

  it('whose handler found its database away may be sent again', async () => {
    let attempts = 0;
    const handle: Handler['handle'] = (context, input) =>
      attempts++ === 0 ? Promise.reject(new DatabaseUnavailable('away')) : greet.handle(context, input);
    serve({ greet: { ...greet, handle } });
    await hello();
    expect(attempts).toBe(2);
  });

  it('that reached nobody may be retried, and waits for a service that is just starting', async () => {
    await expect(hello('you', bus(), 300)).rejects.toMatchObject({
      code: 'service_unavailable',
      status: 503,
      retryable: true,
    });
    const late = hello();
    serve({ greet });
    await late;
  });

  it('is told to come back when too many are under way', async () => {
    const gate = Promise.withResolvers<void>();
    const service = serve(
      {
        greet: {
          ...greet,
          handle: (context, input) => gate.promise.then(() => greet.handle(context, input)),
        },
      },
      { limit: 1 },
    );
    const first = hello();
    await expect(hello('you', bus(), 250)).rejects.toBeInstanceOf(Error);
    gate.resolve();
    await first;
    await service.drained();
  });
});
