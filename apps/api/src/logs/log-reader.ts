import type { AppId, OrganizationId } from '@bulkhead/domain';
import type { LogLine } from '@bulkhead/contracts';

export interface LogsAsked {
  readonly organization: OrganizationId;
  readonly app: AppId;
  /** The stream's sequence to go on from; the newest lines where it is missing. */
  readonly from?: number | undefined;
}

export interface LogsFound {
  /** Each with the sequence of its batch and the host that sent it, oldest first. */
  readonly lines: readonly { readonly sequence: number; readonly host: string; readonly line: LogLine }[];
  /** Where to go on. */
  readonly next: number;
}

/** What machines wrote, as long as the stream keeps it. */
export interface LogReader {
  /** @throws RetryableError `logs_unavailable` while the bus is away. */
  read(asked: LogsAsked): Promise<LogsFound>;
}
