import { goDurationMs } from '@bulkhead/contracts/go-duration';
import { stopSignal, stopTimeout } from '@bulkhead/contracts/machine-config';
import { z } from 'zod';

/** How to stop: clients send the signal by name or number and the time as Go text, nanoseconds, or text of whole seconds. */
const NUMBERED: Readonly<Record<string, z.infer<typeof stopSignal>>> = {
  '1': 'SIGHUP',
  '2': 'SIGINT',
  '3': 'SIGQUIT',
  '9': 'SIGKILL',
  '10': 'SIGUSR1',
  '12': 'SIGUSR2',
  '15': 'SIGTERM',
};
export const signalName = z
  .union([z.string().max(16), z.int()])
  .transform((value) => {
    const text = String(value).toUpperCase();
    return NUMBERED[text] ?? (text.startsWith('SIG') ? text : `SIG${text}`);
  })
  .pipe(stopSignal);

export const stopTime = z
  .union([z.string().max(64), z.int()])
  .transform((value) => (typeof value === 'string' && /^\d{1,6}$/.test(value) ? `${value}s` : value))
  .pipe(stopTimeout);

/** Empty values are what clients send for none. */
const absent = z.union([z.literal(''), z.null()]).transform(() => undefined);
export const stopFields = {
  signal: z.union([absent, signalName]).optional(),
  timeout: z.union([absent, stopTime]).optional(),
};

interface Asked {
  readonly signal?: z.infer<typeof stopSignal> | undefined;
  readonly timeout?: string | undefined;
}

export const stopWish = ({ signal, timeout }: Asked) => ({
  ...(signal === undefined ? {} : { signal }),
  ...(timeout === undefined ? {} : { timeoutMs: goDurationMs(timeout) }),
});
