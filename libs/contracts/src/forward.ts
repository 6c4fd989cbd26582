import { z } from 'zod';
import { machineId } from './ids.js';
import { generation } from './feeds.js';

/**
 * How an edge asks a worker on another host for a connection to a machine's port. Over TLS 1.3 with certificates of the
 * internal CA on both sides (edge → worker), the edge sends one line
 *
 *     BULKHEAD-FORWARD/1 <machine> <epoch>.<count> <port>\r\n
 *
 * and the worker answers `OK\r\n`, after which both directions are the machine's TCP connection, or `NO <code>\r\n` and
 * closes. The edge sends nothing more before the answer. A worker forwards only to the very generation it runs, and
 * only to ports that the machine's services expose.
 */
export const FORWARD_ALPN = 'bulkhead-forward/1';

/** Bytes of either line, its end included. A longer one is refused. */
export const MAX_FORWARD_LINE = 128;

export const forwardRequest = z.strictObject({
  machine: machineId,
  generation,
  port: z.int().min(1).max(65535),
});
export type ForwardRequest = z.infer<typeof forwardRequest>;

/** Why a worker doesn't forward. */
export const forwardRefusal = z.enum([
  'malformed',
  'unknown_machine',
  /** Another generation runs here, or none does. */
  'wrong_generation',
  /** No service of the machine exposes this port. */
  'port_not_exposed',
  /** Nothing in the machine takes the connection. */
  'unreachable',
]);
export type ForwardRefusal = z.infer<typeof forwardRefusal>;

export type ForwardAnswer = 'ok' | ForwardRefusal;

const REQUEST = /^BULKHEAD-FORWARD\/1 ([0-9a-f]{14}) (\d{1,15})\.(\d{1,15}) (\d{1,5})$/;

export const formatForwardRequest = ({ machine, generation, port }: ForwardRequest): string =>
  `BULKHEAD-FORWARD/1 ${machine} ${generation.epoch}.${generation.count} ${port}\r\n`;

/** Parses a request line without its line end; undefined for anything else. */
export function parseForwardRequest(line: string): ForwardRequest | undefined {
  const [, machine, epoch, count, port] = REQUEST.exec(line) ?? [];
  const parsed = forwardRequest.safeParse({
    machine,
    generation: { epoch: Number(epoch), count: Number(count) },
    port: Number(port),
  });
  return parsed.success ? parsed.data : undefined;
}

export const formatForwardAnswer = (answer: ForwardAnswer): string =>
  answer === 'ok' ? 'OK\r\n' : `NO ${answer}\r\n`;

/** Parses an answer line without its line end; undefined for anything else. */
export function parseForwardAnswer(line: string): ForwardAnswer | undefined {
  if (line === 'OK') return 'ok';
  const refusal = forwardRefusal.safeParse(line.startsWith('NO ') ? line.slice(3) : '');
  return refusal.success ? refusal.data : undefined;
}
