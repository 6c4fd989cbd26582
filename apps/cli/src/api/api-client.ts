import { z } from 'zod';
import { newId, parseJson } from '@bulkhead/contracts';
import { CliError } from '../cli-error.js';
import type { Connection } from '../connection/connection.js';
import { EXIT } from '../exit-codes.js';
import { failureOf } from './failures.js';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface Exchange {
  readonly method: Method;
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs?: number;
  /** Statuses that are answers here and no failures. */
  readonly accept?: readonly number[];
}

const graphqlReply = z.object({
  data: z.unknown(),
  errors: z
    .array(
      z.object({
        message: z.string(),
        extensions: z.looseObject({ code: z.string().optional() }).optional(),
      }),
    )
    .optional(),
});

const ATTEMPTS = 4;
const RETRY_MS = 500;
/** Statuses after which the same request, under the same key, may be sent again. */
const RETRIED = new Set([429, 502, 503, 504]);

/** Talks to the API of one connection. Every answer is parsed; what doesn't fit is an error that names the place. */
export class ApiClient {
  constructor(private readonly connection: Connection) {}

  get<T>(path: string, schema: z.ZodType<T>, timeoutMs?: number): Promise<T> {
    return this.call({ method: 'GET', path, ...(timeoutMs ? { timeoutMs } : {}) }, schema);
  }

  post<T>(path: string, body: unknown, schema: z.ZodType<T>, timeoutMs?: number): Promise<T> {
    return this.call({ method: 'POST', path, body, ...(timeoutMs ? { timeoutMs } : {}) }, schema);
  }

  async delete(path: string): Promise<void> {
    await this.exchange({ method: 'DELETE', path });
  }

  async call<T>(exchange: Exchange, schema: z.ZodType<T>): Promise<T> {
    const { text } = await this.exchange(exchange);
    return parse(text === '' ? null : parseJson(text), schema, exchange.path);
  }

  /** One GraphQL operation; the first error in the answer is thrown. */
  async graphql<T>(query: string, variables: Record<string, unknown>, schema: z.ZodType<T>): Promise<T> {
    const reply = await this.post('/graphql', { query, variables }, graphqlReply);
    const error = reply.errors?.[0];
    if (error) throw failureOf({ message: error.message, code: error.extensions?.code, status: undefined });
    return parse(reply.data, schema, '/graphql');
  }

  /** The API's own time, for comparing clocks. */
  async date(): Promise<Date> {
    const response = await this.send({ method: 'GET', path: '/v1/platform/regions' }, undefined);
    return new Date(response.headers.get('date') ?? Number.NaN);
  }

  private async exchange(exchange: Exchange): Promise<{ status: number; text: string }> {
    // One key for every attempt: a request whose answer was lost is not done twice.
    const key = exchange.method === 'GET' ? undefined : newId();
    for (let attempt = 1; ; attempt++) {
      const last = attempt === ATTEMPTS;
      try {
        const response = await this.send(exchange, key);
        const text = await response.text();
        if (response.ok || exchange.accept?.includes(response.status))
          return { status: response.status, text };
        if (last || !RETRIED.has(response.status)) throw refusal(response.status, text);
      } catch (error) {
        if (last || error instanceof CliError)
          throw error instanceof CliError ? error : this.unreachable(error);
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS * 2 ** (attempt - 1)));
    }
  }

  private send(
    { method, path, body, timeoutMs = 30_000 }: Exchange,
    key: string | undefined,
  ): Promise<Response> {
    return fetch(`${this.connection.apiUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.connection.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
  }

  private unreachable(cause: unknown): CliError {
    return new CliError(
      `The API at ${this.connection.apiUrl} does not answer (known from ${this.connection.from}).`,
      {
        code: 'unreachable',
        exitCode: EXIT.unavailable,
        advice: 'Is the platform running? Start it with npm start, or see: npx bulkhead doctor',
        cause,
      },
    );
  }
}

const errorBody = z.looseObject({
  error: z.string().optional(),
  message: z.string().optional(),
  code: z.string().optional(),
  status: z.string().optional(),
});

function refusal(status: number, text: string): CliError {
  const body = errorBody.safeParse(parseJson(text));
  const { error, message, code, status: kind } = body.success ? body.data : {};
  return failureOf({
    message: error ?? message ?? `the API answered with ${status}`,
    code: code ?? kind,
    status,
  });
}

function parse<T>(value: unknown, schema: z.ZodType<T>, path: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CliError(`The API's answer to ${path} is not understood:\n${z.prettifyError(parsed.error)}`, {
    code: 'unexpected_answer',
    exitCode: EXIT.unexpected,
    advice: 'Are CLI and platform of the same release, or one apart?',
  });
}
