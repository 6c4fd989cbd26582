import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { run, succeeds } from '../lib/run.mjs';
import { passwordSettings } from './passwords.mjs';

const DATABASE = 'bulkhead';

/** Bytes that the address of a Unix socket holds. */
const SOCKET_PATH_LIMIT = 107;
const LONGEST_SOCKET_NAME = '/.s.PGSQL.65535.lock'.length;

/** A Postgres cluster of the platform's own: it listens on a Unix socket alone. */
export class Postgres {
  #programs;
  #account;
  #directory;
  #sockets;
  #port;
  #passwords;
  #cwd;

  constructor({ programs, layout, account, port, passwords }) {
    this.#programs = programs;
    this.#account = account;
    this.#directory = path.join(layout.service('postgres'), 'data');
    this.#sockets = socketDirectory(layout);
    this.#port = port;
    this.#passwords = passwords;
    this.#cwd = layout.service('postgres');
  }

  /** Makes the cluster unless it is there. A cluster whose making was cut off is made anew. */
  async create() {
    mkdirSync(this.#sockets, { recursive: true });
    if (this.#account) chownSync(this.#sockets, this.#account.uid, this.#account.gid);
    chmodSync(this.#sockets, this.#account ? 0o755 : 0o700);
    if (existsSync(path.join(this.#directory, 'PG_VERSION'))) return;
    const unfinished = `${this.#directory}.new`;
    rmSync(unfinished, { recursive: true, force: true });
    const passwordFile = path.join(this.#cwd, 'password');
    writeFileSync(passwordFile, this.#passwords.postgres, { mode: 0o600 });
    if (this.#account) chownSync(passwordFile, this.#account.uid, this.#account.gid);
    await run(
      path.join(this.#programs, 'initdb'),
      [
        '-D',
        unfinished,
        '-U',
        'postgres',
        '-A',
        'scram-sha-256',
        `--pwfile=${passwordFile}`,
        '-E',
        'UTF8',
        '--locale=C',
        '--data-checksums',
      ],
      { ...this.#account, cwd: this.#cwd, what: 'initdb' },
    );
    rmSync(passwordFile);
    renameSync(unfinished, this.#directory);
  }

  /** @returns {import('../lib/supervisor.mjs').Child} */
  get child() {
    const settings = {
      listen_addresses: '',
      unix_socket_directories: this.#sockets,
      port: this.#port,
      fsync: 'on',
      max_connections: 250,
      shared_buffers: '128MB',
      wal_compression: 'on',
      log_min_messages: 'warning',
      timezone: 'UTC',
    };
    return {
      name: 'postgres',
      file: path.join(this.#programs, 'postgres'),
      args: [
        '-D',
        this.#directory,
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      env: { PATH: process.env.PATH, LANG: 'C.UTF-8' },
      cwd: this.#cwd,
      account: this.#account,
      // Fast shutdown: connections are closed, a checkpoint is written.
      stopSignal: 'SIGINT',
      stopWithinMs: 30_000,
      ready: async () =>
        succeeds(path.join(this.#programs, 'pg_isready'), [
          '-q',
          '-h',
          this.#sockets,
          '-p',
          String(this.#port),
        ]),
    };
  }

  /** Makes the database, and each service's roles and schema in it. */
  async prepare(root) {
    const databases = await this.#psql('postgres', 'select datname from pg_database;');
    if (!databases.split('\n').includes(DATABASE))
      await this.#psql('postgres', `create database ${DATABASE};`);
    const roles = readFileSync(path.join(root, 'infra/postgres/roles.sql'), 'utf8');
    await this.#psql(DATABASE, passwordSettings(this.#passwords) + roles);
  }

  /** How a service, or the owner of its schema, logs in. The socket's directory overrides the host, which a URL can't be without. */
  url(role) {
    return `postgres://bulkhead_${role}:${this.#passwords[role]}@localhost/${DATABASE}?host=${encodeURIComponent(this.#sockets)}&port=${this.#port}`;
  }

  #psql(database, sql) {
    return run(
      path.join(this.#programs, 'psql'),
      [
        '-XAtq',
        '-v',
        'ON_ERROR_STOP=1',
        '-h',
        this.#sockets,
        '-p',
        String(this.#port),
        '-U',
        'postgres',
        '-d',
        database,
      ],
      {
        env: {
          PATH: process.env.PATH,
          PGPASSWORD: this.#passwords.postgres,
          PGOPTIONS: '-c client_min_messages=warning',
        },
        input: sql,
        what: 'psql',
      },
    );
  }
}

/** Beside the data, unless that is too deep for a socket's address. */
function socketDirectory(layout) {
  const beside = path.join(layout.sockets, 'postgres');
  if (beside.length + LONGEST_SOCKET_NAME <= SOCKET_PATH_LIMIT) return beside;
  const parent = process.getuid() === 0 ? '/run' : (process.env.XDG_RUNTIME_DIR ?? '/tmp');
  return path.join(parent, `bulkhead-${createHash('sha256').update(layout.data).digest('hex').slice(0, 12)}`);
}
