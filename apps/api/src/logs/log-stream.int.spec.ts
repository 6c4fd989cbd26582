import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { LOG_STREAM } from '@bulkhead/contracts';
import { eventually, startNats, type TestNats } from '@bulkhead/testing';
import { ensureLogStream, keepLogStream } from './log-stream.js';

let nats: TestNats;
beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats.stop());

it('is made anew when it is lost', async () => {
  const manager = await (await nats.connect('api')).jetstreamManager();
  await ensureLogStream(manager);
  const kept = keepLogStream(manager, () => undefined, 50);
  try {
    await manager.streams.delete(LOG_STREAM);
    const found = await eventually(() => manager.streams.info(LOG_STREAM).catch(() => null));
    expect(found?.config.subjects).toEqual(['bh.log.>']);
  } finally {
    kept.close();
  }
});
