import { parentPort, workerData } from 'node:worker_threads';
import { createLogger } from '@bulkhead/platform/logging';
import { pino } from 'pino';
import { RemoteCertificates } from './control/remote-certificates.js';
import type { FromThread, ThreadStart, ToThread } from './control/thread-messages.js';
import { SharedLimits } from './limits/shared-limits.js';
import { RequestLog } from './metrics/request-log.js';
import { ThreadObserver } from './metrics/thread-observer.js';
import { DataPlane } from './server/data-plane.js';
import { EndpointDialer } from './upstream/dialer.js';

/** Request logs are written in bulk: a system call per line would cost more than the request's own. */
const LOG_BUFFER_BYTES = 15 * 1024;
/** How often lines and spans leave at least. */
const HAND_OVER_MS = 500;

/** One thread of the data plane; all it knows comes from the control side. */
async function main(start: ThreadStart): Promise<void> {
  const port = parentPort;
  if (!port) throw new Error('this is a thread of the edge; start main.js');
  const tell = (message: FromThread) => port.postMessage(message);
  const logs = pino.destination({ fd: 1, sync: false, minLength: LOG_BUFFER_BYTES });
  const logger = createLogger('edge', start.logLevel, logs).child({ thread: start.thread });
  const requests = logger.isLevelEnabled('info') ? new RequestLog(logs, start.thread) : undefined;
  const observer = new ThreadObserver(logger, requests);
  const handOver = () => {
    const spans = observer.spans.take();
    if (spans.length > 0) tell({ kind: 'spans', spans });
    logs.flush();
  };
  const handingOver = setInterval(handOver, HAND_OVER_MS);
  const certificates = new RemoteCertificates((question, hostname) =>
    tell({ kind: 'certificate-wanted', question, hostname }),
  );
  let identity = start.identity;
  const plane = new DataPlane(start.settings, {
    sharedLimits: new SharedLimits(start.memory, start.thread),
    certificates,
    dialer: new EndpointDialer(() => identity),
    observer,
  });
  for (const update of start.routes) plane.routes.apply(update);

  const drain = async (timeoutMs: number) => {
    await plane.drain(timeoutMs);
    clearInterval(handingOver);
    handOver();
    logs.flushSync();
    tell({ kind: 'drained' });
    port.close();
  };
  port.on('message', (message: ToThread) => {
    switch (message.kind) {
      case 'routes':
        for (const update of message.updates) plane.routes.apply(update);
        return;
      case 'identity':
        identity = message.identity;
        return;
      case 'certificate':
        return certificates.answer(message.question, message.answer);
      case 'samples-wanted':
        return tell({ kind: 'samples', question: message.question, samples: observer.samples() });
      case 'drain':
        return void drain(message.timeoutMs);
    }
  });
  tell({ kind: 'listening', ports: await plane.listen() });
}

await main(workerData as ThreadStart);
