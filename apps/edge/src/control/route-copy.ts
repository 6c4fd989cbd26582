import { join } from 'node:path';
import type { InstanceRow } from '@bulkhead/contracts/feeds';
import type { Logger } from '@bulkhead/platform/logging';
import { readTextIfThere, writeAtomically } from './files.js';
import { formatRows, parseRows } from './rows-file.js';

/** Changes within this many ms are written once. */
const GATHER_MS = 500;

/** The edge's own copy of its routes on disk, from which it restarts while the control plane is away. */
export class RouteCopy {
  private readonly path: string;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  /** @param rows asked for the routes when they are written */
  constructor(
    directory: string,
    private readonly rows: () => readonly InstanceRow[],
    private readonly logger: Logger,
  ) {
    this.path = join(directory, 'routes.json');
  }

  /** What was kept; nothing, and said, where it can't be read: the source will bring it again. */
  async load(): Promise<InstanceRow[]> {
    const text = await readTextIfThere(this.path);
    if (text === undefined) return [];
    try {
      return parseRows(text);
    } catch (error) {
      this.logger.error(
        { err: error, path: this.path },
        'the copy of the routes is unreadable; waiting for the source',
      );
      return [];
    }
  }

  /** Writes the routes soon. */
  schedule(): void {
    this.timer ??= setTimeout(() => {
      void this.flush();
    }, GATHER_MS);
  }

  /** Writes what is scheduled, now. */
  flush(): Promise<void> {
    if (this.timer) {
      clearTimeout(this.timer);
      this.timer = undefined;
      this.writing = this.writing.then(() => this.write());
    }
    return this.writing;
  }

  private async write(): Promise<void> {
    try {
      await writeAtomically(this.path, formatRows(this.rows()), 0o600);
    } catch (error) {
      this.logger.error({ err: error, path: this.path }, 'the copy of the routes could not be written');
    }
  }
}
