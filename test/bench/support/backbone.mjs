import { TestBackbone } from '@bulkhead/testing/backbone';
import { startNats } from '@bulkhead/testing/nats';
import { startDurablePostgres } from './durable-postgres.mjs';

/**
 * One service's journal over a Postgres and a NATS of its own, for as long as `work` runs.
 * @template T
 * @param {{ contracts: object, service?: string }} options
 * @param {(parts: { postgres: object, nats: object, database: object, backbone: TestBackbone }) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withBackbone(options, work) {
  const [postgres, nats] = await Promise.all([startDurablePostgres(), startNats()]);
  try {
    const database = await postgres.database();
    const backbone = await TestBackbone.start({ ...options, database, nats });
    try {
      return await work({ postgres, nats, database, backbone });
    } finally {
      await backbone.stop();
    }
  } finally {
    await Promise.all([postgres.stop(), nats.stop()]);
  }
}
