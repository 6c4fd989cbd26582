import { unwatchFile, watchFile } from 'node:fs';
import type { Logger } from '@bulkhead/platform/logging';
import type { RouteChange } from '../routing/route-book.js';
import { readTextIfThere } from './files.js';
import type { RouteSource } from './route-source.js';
import { parseRows } from './rows-file.js';

const POLL_MS = 200;

/** Follows a file of instance rows. A file that is missing or wrong changes nothing, and is said. */
export class FileRouteSource implements RouteSource {
  constructor(
    private readonly path: string,
    private readonly logger: Logger,
  ) {}

  async start(report: (change: RouteChange) => void): Promise<void> {
    watchFile(this.path, { interval: POLL_MS }, () => void this.read(report));
    await this.read(report);
  }

  async stop(): Promise<void> {
    unwatchFile(this.path);
  }

  private async read(report: (change: RouteChange) => void): Promise<void> {
    try {
      const text = await readTextIfThere(this.path);
      if (text !== undefined) report({ kind: 'snapshot', rows: parseRows(text) });
      else this.logger.info({ path: this.path }, 'no routes file yet');
    } catch (error) {
      this.logger.error(
        { err: error, path: this.path },
        'the routes file is wrong; the routes stay as they are',
      );
    }
  }
}
