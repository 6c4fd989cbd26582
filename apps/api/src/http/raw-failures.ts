import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { newId } from '@bulkhead/contracts';

/** What is too broken to become a request: bytes that are no HTTP, heads that are too large, requests that come too slowly. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const code = status === 431 ? 'head_too_large' : status === 408 ? 'request_too_slow' : 'malformed_http';
  const body = JSON.stringify({ error: STATUS_CODES[status], code, status: code, request_id: newId() });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Errors before routing, such as a path that is not well encoded. */
export function answerFrameworkError(_error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const code = 'malformed_path';
  void reply
    .code(400)
    .send({ error: 'the path is not well encoded', code, status: code, request_id: request.id });
}
