import { TerminalError } from '@bulkhead/contracts';
import type { FastifyInstance } from 'fastify';

/** 1 MiB: far above the largest machine. */
export const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Bodies are JSON and nothing else. An empty one is no body, since clients announce JSON and then send nothing. What the parser says
 * of a malformed one would quote it, so it is said in other words.
 */
export function acceptJsonBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser<string>(
    ['application/json', 'application/*+json'],
    { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
    (request, body, done) => {
      if (body === '') return done(null, undefined);
      void parse(request, body, (error, value) => (error ? done(malformed()) : done(null, value)));
    },
  );
}

const malformed = () => new TerminalError('malformed_json', 'the body is not valid JSON', { status: 400 });
