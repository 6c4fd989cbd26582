import { authenticate } from '@bulkhead/auth';
import { TerminalError } from '@bulkhead/contracts';
import type { Logger } from '@bulkhead/platform';
import type { FastifyInstance } from 'fastify';
import {
  GraphQLError,
  specifiedRules,
  validate,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import mercurius from 'mercurius';
import { z } from 'zod';
import type { Api } from '../api.js';
import type { RequestFacts } from '../operations/perform.js';
import { factsOf } from '../operations/request-facts.js';
import { loadersOf, type GraphqlContext } from './context.js';
import { graphqlFailure } from './graphql-failure.js';
import { LIMITS, limitDocument } from './limits.js';
import { graphqlSchema } from './schema.js';

/** How often a connection of subscriptions is asked whether it is still there, in ms. */
const KEEP_ALIVE_MS = 15_000;

/** `/graphql` for queries and mutations, and over WebSocket for subscriptions. Without a token nothing is told, not even the schema. */
export async function serveGraphql(server: FastifyInstance, api: Api, logger: Logger): Promise<void> {
  const schema = graphqlSchema();
  await server.register(mercurius, {
    schema,
    path: '/graphql',
    graphiql: false,
    allowBatchedQueries: false,
    validationRules: [limitDocument],
    graphql: { parseOptions: { maxTokens: LIMITS.tokens } },
    context: (request, reply) => ({
      api,
      facts: factsOf(request, (close) => reply.raw.once('close', close)),
    }),
    errorFormatter: (result, context) => ({ statusCode: 200, response: told(result, context, logger) }),
    subscription: {
      context: (socket, request) => ({
        api,
        facts: factsOf(request, (close) => socket.once('close', close)),
      }),
      onConnect: () => true,
      keepAlive: KEEP_ALIVE_MS,
    },
  });
  server.graphql.addHook('preParsing', async (_schema, source, context) => {
    refuseSyntaxTree(source);
    await begin(context, undefined);
  });
  server.graphql.addHook('preSubscriptionExecution', async (_schema, document, context) => {
    await begin(context, context._connectionInit);
    refuseInvalid(schema, document);
  });
}

declare module 'mercurius' {
  interface MercuriusContext extends GraphqlContext {
    /** What a connection of subscriptions began with. */
    _connectionInit?: unknown;
  }
}

/** Finds out who asks before anything is read. @throws TerminalError `unauthenticated` */
async function begin(context: Mutable<GraphqlContext>, connection: unknown): Promise<void> {
  const { api, facts } = context;
  const authorization = facts.authorization ?? authorizationIn(connection);
  const known: RequestFacts = { ...facts, authorization };
  context.caller = await authenticate(authorization, api.tokens, api.clock.now());
  context.facts = known;
  context.loaders = loadersOf(api.source);
}
type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const text = z.string().max(8192);
const connectionInit = z.object({ authorization: text.optional(), Authorization: text.optional() });

/** Browsers can't set headers of a WebSocket: they send the credential as the connection begins. */
function authorizationIn(connection: unknown): string | undefined {
  const parsed = connectionInit.safeParse(connection);
  return parsed.success ? (parsed.data.authorization ?? parsed.data.Authorization) : undefined;
}

/** A document is text. The server underneath would also take its syntax tree as JSON, past the limit of tokens. */
function refuseSyntaxTree(source: string): void {
  if (/^\s*\{\s*"/.test(source))
    throw new TerminalError('invalid_query', 'the query is not GraphQL', { status: 400 });
}

/** The server underneath carries subscriptions out without looking at them. */
function refuseInvalid(schema: GraphQLSchema, document: DocumentNode): void {
  const [error] = validate(schema, document, [...specifiedRules, limitDocument]);
  if (error) throw error;
}

const nested = z.object({ errors: z.array(z.instanceof(Error)) });

/** Errors as clients are told of them; the log hears what is not theirs. */
function told(result: ExecutionResult, context: { readonly facts?: RequestFacts } | null, logger: Logger) {
  const requestId = context?.facts?.requestId ?? '';
  const errors = (result.errors ?? []).flatMap((error) => {
    const several = nested.safeParse(error.originalError);
    return several.success ? several.data.errors.map(asGraphQLError) : [asGraphQLError(error)];
  });
  const answers = errors.map((error) => {
    const { answer, log } = graphqlFailure(error, requestId);
    if (log !== undefined)
      logger.warn(
        { requestId, code: answer.extensions?.['bulkhead_code'], problem: log },
        'GraphQL field failed',
      );
    return answer;
  });
  return { data: result.data ?? null, errors: answers };
}

const asGraphQLError = (error: Error): GraphQLError =>
  error instanceof GraphQLError ? error : new GraphQLError(error.message, { originalError: error });
