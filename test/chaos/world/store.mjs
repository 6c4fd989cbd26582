import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { findPostgres } from '../../../scripts/setup/host-packages.mjs';
import { eventually } from '../wait.mjs';

const runFile = promisify(execFile);

/** Reads the instance's database past every service, as its superuser. */
export class Store {
  #instance;

  constructor(instance) {
    this.#instance = instance;
  }

  /** @returns {Promise<string[]>} one line a row */
  async rows(sql) {
    const { layout, ports } = this.#instance;
    const passwords = JSON.parse(readFileSync(layout.passwords, 'utf8'));
    const url = new URL(this.#instance.postgres.url('api'));
    const { stdout } = await runFile(
      path.join(findPostgres(), 'psql'),
      [
        '-XAtq',
        '-v',
        'ON_ERROR_STOP=1',
        '-h',
        url.searchParams.get('host'),
        '-p',
        String(ports.POSTGRES),
        '-U',
        'postgres',
        '-d',
        'bulkhead',
        '-c',
        sql,
      ],
      { env: { PATH: process.env.PATH, PGPASSWORD: passwords.postgres }, maxBuffer: 2 ** 30 },
    );
    return stdout.split('\n').filter(Boolean);
  }

  /** @returns {Promise<number>} the last envelope of a journal, by the order of commits */
  async head(service) {
    const [seq] = await this.rows(`select coalesce(max(seq), 0) from ${service}.envelope`);
    return Number(seq);
  }

  /** @returns {Promise<{ type: string, data: any, aggregate: { type: string, id: string } }[]>} */
  async eventsAfter(service, seq) {
    const bodies = await this.rows(
      `select convert_from(body, 'utf8') from ${service}.envelope where seq > ${seq} order by seq`,
    );
    return bodies
      .map((body) => JSON.parse(body))
      .flatMap(({ aggregate, events }) => events.map(({ type, data }) => ({ type, data, aggregate })));
  }

  /** Every committed envelope has its position, and every reader has read it. */
  caughtUp(withinMs = 60_000) {
    return eventually(
      'every reader is at the head of its journal',
      async () => (await this.rows(BEHIND)).length === 0,
      withinMs,
    );
  }
}

const SERVICES = ['vault', 'scheduler', 'api'];

/** What is not yet carried or not yet read. */
const BEHIND = [
  ...SERVICES.map((service) => `select 'pending of ${service}' from ${service}.pending`),
  ...['scheduler', 'api'].flatMap((reader) =>
    SERVICES.map(
      (journal) =>
        `select reader from ${reader}.cursor where journal = '${journal}'
           and position <> coalesce((select max(position) from ${journal}.record), 0)`,
    ),
  ),
  ...['scheduler', 'api'].map(
    (reader) => `select reader || ' has parked ' || aggregate from ${reader}.parked`,
  ),
].join(' union all ');
