import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { failureOf, type Failure } from '../operations/failure.js';

/** Codes that existing clients know, by the status a route would answer with. */
const CODES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENTS',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  429: 'TOO_MANY_REQUESTS',
};

/** Texts that existing clients look for. */
const TEXTS: Readonly<Record<string, string>> = {
  'app not found': 'Could not find App',
  'organization not found': 'Could not find Organization',
};

interface Told {
  readonly answer: GraphQLFormattedError;
  readonly log: Failure['log'];
}

/** What a client is told of an error in a query: what GraphQL itself found wrong as it is, everything else as a route would say it. */
export function graphqlFailure(error: GraphQLError, requestId: string): Told {
  const { originalError: cause, path } = error;
  const where = path ? { path } : {};
  if (!cause && error.extensions['code'] !== undefined)
    return {
      answer: {
        message: error.message,
        extensions: { ...error.extensions, request_id: requestId },
        ...where,
      },
      log: undefined,
    };
  if (!cause) {
    const extensions = { code: 'INVALID', bulkhead_code: 'invalid_query', request_id: requestId };
    return { answer: { message: error.message, extensions, ...where }, log: undefined };
  }
  const { status, body, log } = failureOf(cause, requestId);
  const code = CODES[status] ?? (status >= 500 ? 'SERVER_ERROR' : 'UNPROCESSABLE');
  const details = body.details ? { details: body.details } : {};
  const extensions = { code, bulkhead_code: body.code, request_id: requestId, ...details };
  return { answer: { message: TEXTS[body.error] ?? body.error, extensions, ...where }, log };
}
