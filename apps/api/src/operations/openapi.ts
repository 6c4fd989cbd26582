import { z } from 'zod';
import type { Operation } from './operation.js';

/** The OpenAPI 3.1 document of operations, generated from the very schemas that requests are read by. */
export function openApiDocument(operations: readonly Operation[]): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Bulkhead',
      version: '1',
      description:
        'Below /v1 the Machines API as its clients know it; below /api/v1 what Bulkhead adds. Within /v1 there are only additions.',
    },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Failure: FAILURE },
    },
  };
}

const FAILURE = {
  type: 'object',
  required: ['error', 'code', 'status', 'request_id'],
  properties: {
    error: { type: 'string', description: 'For people.' },
    code: { type: 'string', description: 'Stable.' },
    status: { type: 'string', description: 'The same as code.' },
    details: { type: 'object' },
    request_id: { type: 'string' },
  },
};

function describe({
  name,
  summary,
  path,
  access,
  params,
  query,
  body,
  result,
  method,
  status = 200,
}: Operation) {
  const schema = jsonSchema(body);
  const required = !body.safeParse(undefined).success;
  return {
    operationId: name,
    summary,
    ...(access.on === 'nobody'
      ? { security: [] }
      : { 'x-requires': { action: access.action, on: access.on } }),
    parameters: [
      ...parametersOf(params, 'path').filter((parameter) => path.includes(`:${parameter.name}`)),
      ...parametersOf(query, 'query'),
      ...(method === 'GET' ? [] : [IDEMPOTENCY_KEY]),
      ...(access.on === 'machine' && method !== 'GET' ? [LEASE_NONCE] : []),
    ],
    ...(Object.keys(schema).length > 0
      ? { requestBody: { required, content: { 'application/json': { schema } } } }
      : {}),
    responses: {
      [status]: answerOf(result, status),
      default: {
        description: 'What went wrong.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } },
      },
    },
  };
}

const header = (name: string, description: string) => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string' },
});
const IDEMPOTENCY_KEY = header('Idempotency-Key', 'The same key with the same request gets the same answer.');
const LEASE_NONCE = header('fly-machine-lease-nonce', 'Of the lease that the caller holds.');

const answerOf = (result: z.ZodType, status: number) =>
  status === 204
    ? { description: 'Done.' }
    : { description: 'As asked.', content: { 'application/json': { schema: jsonSchema(result) } } };

/** What is sent, before anything is filled in or turned round. */
function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}

interface Parameter {
  readonly name: string;
}

const objectSchema = z.object({
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  required: z.array(z.string()).default([]),
});

function parametersOf(schema: z.ZodType, place: 'path' | 'query'): Parameter[] {
  const { properties, required } = objectSchema.parse(jsonSchema(schema));
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}
