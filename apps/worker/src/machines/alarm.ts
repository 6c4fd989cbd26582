import type { Clock } from '@bulkhead/journal';

/** Does `work` after `ms`, unless what is returned is aborted before. */
export function alarm(clock: Pick<Clock, 'sleep'>, ms: number, work: () => void): AbortController {
  const cancelled = new AbortController();
  void clock.sleep(Math.max(0, ms), cancelled.signal).then(() => {
    if (!cancelled.signal.aborted) work();
  });
  return cancelled;
}
