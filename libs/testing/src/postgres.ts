import { execFile, execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { eventually, startServer, type RunAs, type ServerProcess } from './child.js';
import { temporaryDirectory } from './temporary.js';

export interface TestDatabase {
  readonly name: string;
  /** As the cluster's superuser. */
  readonly url: string;
  readonly pool: pg.Pool;
  /** One more pool, such as for a role of its own; closed with the cluster. */
  open(options?: pg.PoolConfig): pg.Pool;
  /** A service's schema and roles, as infra/postgres/roles.sql makes them. Tables that a test adds to it as superuser are the service's to use. */
  roles(service: string): Promise<ServiceRoles>;
}

/** Connection URLs. */
export interface ServiceRoles {
  readonly owner: string;
  readonly service: string;
}

/** A real Postgres of this test file's own, on a Unix socket. Durable against nothing but its own crash. */
export interface TestPostgres {
  readonly server: ServerProcess;
  /** Directory of the Unix socket (port 5432). */
  readonly socket: string;
  /** A fresh, empty database. */
  database(): Promise<TestDatabase>;
  stop(): Promise<void>;
}

const versions = (): string[] =>
  existsSync('/usr/lib/postgresql')
    ? readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a))
    : [];

function binary(name: string): string {
  const found = versions()
    .map((version) => `/usr/lib/postgresql/${version}/bin/${name}`)
    .find((path) => existsSync(path));
  if (!found) throw new Error(`${name} is not installed; apt-get install postgresql`);
  return found;
}

/** Postgres refuses to run as root. */
function serverUser(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

const as = (user: RunAs | undefined, command: readonly [string, ...string[]]): void => {
  const [file, ...args] = command;
  const options = { cwd: '/', stdio: 'pipe', ...user } as const;
  execFileSync(file, args, options);
};

/** A cluster made once per machine and user: copying it takes a tenth of the time. */
function template(user: RunAs | undefined): string {
  const version = versions()[0] ?? 'none';
  const ready = join(tmpdir(), `bulkhead-pg-template-${version}-${user?.uid ?? process.getuid?.() ?? 0}`);
  if (existsSync(ready)) return ready;
  const making = temporaryDirectory('initdb');
  if (user) chownSync(making, user.uid, user.gid);
  const data = join(making, 'data');
  as(user, [
    binary('initdb'),
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
    '-N',
  ]);
  try {
    renameSync(data, ready);
  } catch (error) {
    if (!existsSync(ready)) throw error;
  }
  rmSync(making, { recursive: true, force: true });
  return ready;
}

const SETTINGS = {
  listen_addresses: '',
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '32MB',
  max_connections: '200',
  autovacuum_naptime: '5s',
};

export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<TestPostgres> {
  const user = serverUser();
  const home = temporaryDirectory('pg');
  const data = join(home, 'data');
  const socket = join(home, 'socket');
  mkdirSync(socket);
  if (user) for (const path of [home, socket]) chownSync(path, user.uid, user.gid);
  as(user, ['cp', '-a', template(user), data]);
  const flags = Object.entries({ ...SETTINGS, ...settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const server = startServer([binary('postgres'), '-D', data, '-k', socket, '-p', '5432', ...flags], {
    deathSignal: 'QUIT',
    as: user,
  });
  const pools: pg.Pool[] = [];
  const open = (database: string, options: pg.PoolConfig = {}): pg.Pool => {
    const pool = new pg.Pool({ host: socket, user: 'postgres', database, max: 20, ...options });
    pool.on('error', () => undefined);
    pools.push(pool);
    return pool;
  };
  const admin = open('postgres', { max: 1 });
  await answers(admin, server);
  let made = 0;
  const oneAtATime = inTurn();
  return {
    server,
    socket,
    async database() {
      const name = `test_${++made}`;
      await admin.query(`create database ${name}`);
      const url = (role: string) =>
        `postgresql://${role}@localhost/${name}?host=${encodeURIComponent(socket)}`;
      const pool = open(name);
      return {
        name,
        url: url('postgres'),
        pool,
        open: (options) => open(name, options),
        roles: async (service) => {
          await oneAtATime(() => makeRoles(socket, name));
          const role = `bulkhead_${service}`;
          await pool.query(
            `alter default privileges in schema ${service} grant select, insert, update, delete on tables to ${role}`,
          );
          return { owner: url(`${role}_owner`), service: url(role) };
        },
      };
    },
    async stop() {
      await Promise.all(pools.filter(({ ended }) => !ended).map((pool) => pool.end()));
      await server.stop('SIGQUIT');
      rmSync(home, { recursive: true, force: true });
    },
  };
}

const ROLES = fileURLToPath(new URL('../../../infra/postgres/roles.sql', import.meta.url));

/** Roles are the cluster's: two that alter one at the same moment would fail. */
function inTurn() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}

/** The databases of one test file share what roles.sql allows a role in one. */
const UNLIMITED = [
  '-c',
  `do $$ declare name text; begin
     for name in select rolname from pg_roles where rolname like 'bulkhead\_%' loop
       execute format('alter role %I connection limit -1', name);
     end loop;
   end $$`,
];

async function makeRoles(socket: string, database: string): Promise<void> {
  const passwords = ['vault', 'scheduler', 'api', 'audit'].flatMap((service) =>
    [service, `${service}_owner`].flatMap((role) => ['-v', `${role}_password=for tests`]),
  );
  const connect = ['-h', socket, '-U', 'postgres', '-d', database];
  await promisify(execFile)(binary('psql'), ['-XAtq', ...connect, ...passwords, '-f', ROLES, ...UNLIMITED]);
}

const answers = (pool: pg.Pool, server: ServerProcess): Promise<true> =>
  eventually(
    () => {
      if (server.exited) throw new Error(`postgres did not start: ${server.output()}`);
      return pool.query('select 1').then(
        () => true as const,
        () => false,
      );
    },
    { describe: () => `postgres did not answer: ${server.output()}` },
  );
