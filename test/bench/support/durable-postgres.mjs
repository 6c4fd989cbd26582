import { startPostgres } from '@bulkhead/testing/postgres';

/** Postgres as it must run where data counts: every commit is on disk before it is answered. */
export const startDurablePostgres = () =>
  startPostgres({
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    shared_buffers: '256MB',
    max_wal_size: '4GB',
    checkpoint_timeout: '15min',
  });
