import { RetryableError, TerminalError } from '@bulkhead/contracts';
import { changing, reading } from './database-away.js';

const failing = (error: Error) => () => Promise.reject(error);
const away = [
  Object.assign(new Error('terminating connection due to administrator command'), { code: '57P01' }),
  Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
  Object.assign(new Error('could not extend file'), { code: '53100' }),
  new Error('Connection terminated unexpectedly'),
  new Error('timeout exceeded when trying to connect'),
];

describe('a database that goes away under an operation', () => {
  it.each(away)('invites to read again: %s', async (error) => {
    await expect(reading(failing(error))).rejects.toMatchObject({
      code: 'database_unavailable',
      status: 503,
      retryable: true,
    });
  });

  it.each(away)('never invites to change again without the key: %s', async (error) => {
    await expect(changing('key-1', failing(error))).rejects.toMatchObject({
      code: 'deadline_exceeded',
      status: 504,
      retryable: false,
      details: { key: 'key-1' },
    });
  });

  it.each([
    new TypeError('a mistake of ours'),
    new TerminalError('not_found', 'machine not found', { status: 404 }),
    new RetryableError('contended', 'too much changes here at once', 200),
  ])('leaves what is another thing as it is: %s', async (error) => {
    await expect(reading(failing(error))).rejects.toBe(error);
    await expect(changing('key-1', failing(error))).rejects.toBe(error);
  });
});
