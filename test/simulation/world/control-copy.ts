import { MemoryDataKeys } from '@bulkhead/testing';
import { openService } from '../../../apps/scheduler/src/service.js';
import type { SimProcess } from '../kernel/process.js';
import { memoryDirectory } from '../memory/directory.js';
import { Connection, memoryStores } from '../memory/journal-stores.js';
import { schedulerStatements } from '../memory/scheduler-statements.js';
import { memoryDatabase } from '../memory/sql.js';
import { loggerOf, type Site } from './site.js';

/** Silence after which a simulated host counts as lost, in ms. */
export const HOST_LOST_AFTER_MS = 10_000;

/** One copy of the scheduler, in whichever life it is. */
export class ControlCopy {
  process: SimProcess | null = null;

  constructor(
    private readonly site: Site,
    readonly name: string,
  ) {}

  start(): void {
    const { site } = this;
    const process = site.process(this.name);
    this.process = process;
    const connection = new Connection(site.database, process, 'scheduler', schedulerStatements);
    openService({
      database: memoryDatabase(connection),
      stores: memoryStores(connection),
      directory: memoryDirectory(connection),
      bus: site.broker.connect(process),
      streams: site.streams.connect(process),
      dataKeys: new MemoryDataKeys(),
      logger: loggerOf(process),
      self: { certificateExpiresAt: () => process.clock.now(), waitingFor: () => Promise.resolve({}) },
      isBusUp: () => site.broker.reaches(process),
      hostLostAfterMs: HOST_LOST_AFTER_MS,
      clock: process.clock,
      random: process.random,
    });
  }

  kill(): void {
    if (this.process) this.site.kill(this.process);
    this.process = null;
  }
}
