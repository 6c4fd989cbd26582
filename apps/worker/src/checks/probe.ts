import { request as http } from 'node:http';
import { request as https } from 'node:https';
import { connect } from 'node:net';
import type { CheckSpec, ProbeResult } from './check-state.js';

/** How much of an app's answer is kept for whoever asks why it failed. */
const MAX_OUTPUT_BYTES = 1024;

/** Asks an app once whether it is well. Never rejects: whatever goes wrong is the result. */
export function probe(
  check: CheckSpec,
  target: { readonly host: string; readonly port: number },
): Promise<ProbeResult> {
  return check.probe.kind === 'tcp' ? probeTcp(check, target) : probeHttp(check, check.probe, target);
}

function probeTcp(check: CheckSpec, target: { host: string; port: number }): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ ...target, timeout: check.timeoutMs });
    const end = (result: ProbeResult) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => end({ passed: true, output: 'connected' }));
    socket.once('timeout', () =>
      end({ passed: false, output: `no connection within ${check.timeoutMs} ms` }),
    );
    socket.once('error', (error) => end({ passed: false, output: error.message }));
  });
}

function probeHttp(
  check: CheckSpec,
  { method, path, tls, headers }: Extract<CheckSpec['probe'], { kind: 'http' }>,
  target: { host: string; port: number },
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    // The guest's certificate is its own affair: the link to it is not a network.
    const request = (tls ? https : http)({
      ...target,
      method,
      path,
      agent: false,
      maxHeaderSize: 16 * 1024,
      rejectUnauthorized: false,
      headers: {
        'user-agent': 'Bulkhead-Health-Check/1',
        ...Object.fromEntries(headers.map(({ name, values }) => [name, [...values]])),
      },
    });
    const end = (result: ProbeResult) => {
      clearTimeout(deadline);
      request.destroy();
      resolve(result);
    };
    const deadline = setTimeout(
      () => end({ passed: false, output: `no answer within ${check.timeoutMs} ms` }),
      check.timeoutMs,
    );
    request.on('error', (error) => end({ passed: false, output: error.message }));
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const status = response.statusCode ?? 0;
      const done = () =>
        end({
          passed: status >= 200 && status < 300,
          output: `${status} ${Buffer.concat(chunks).subarray(0, MAX_OUTPUT_BYTES).toString('utf8')}`.trim(),
        });
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk.subarray(0, MAX_OUTPUT_BYTES));
        bytes += chunk.length;
        if (bytes >= MAX_OUTPUT_BYTES) done();
      });
      response.once('end', done);
      response.once('error', (error) => end({ passed: false, output: error.message }));
    });
    request.end();
  });
}
