import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { z } from 'zod';
import {
  ConfigError,
  createLogger,
  Health,
  readEnvironment,
  serveOperations,
  startTelemetry,
  waitFor,
} from './index.js';

const silent = createLogger('test', 'error');

describe('readEnvironment', () => {
  it('names every variable at fault and repeats no value', () => {
    const schema = z.object({ PORT: z.coerce.number(), URL: z.url() });
    const read = () => readEnvironment('edge', schema, { PORT: 'hunter2', URL: 'hunter3' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/PORT[\s\S]*URL/);
    expect(read).not.toThrow(/hunter/);
  });
});

describe('createLogger', () => {
  it('hides credentials however deep they lie', () => {
    const lines: string[] = [];
    const sink = new Writable({
      write: (chunk, _encoding, done) => {
        lines.push(String(chunk));
        done();
      },
    });
    const logger = createLogger('api', 'info', sink);
    logger.info(
      { token: 'hunter2', request: { authorization: 'hunter2' }, a: { b: { env: 'hunter2' } } },
      'x',
    );
    expect(lines.join('')).toContain('[hidden]');
    expect(lines.join('')).not.toContain('hunter2');
  });
});

describe('serveOperations', () => {
  it('tells a process that lives from one that can work', async () => {
    const health = new Health();
    let problem: string | null = 'no connection';
    health.add('bus', () => problem);
    const telemetry = startTelemetry('test', undefined);
    const server = await serveOperations('127.0.0.1', 0, {
      health,
      metricsText: () => telemetry.metricsText(),
    });
    const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`);
    try {
      expect((await get('/healthz')).status).toBe(200);
      const waiting = await get('/readyz');
      expect(waiting.status).toBe(503);
      expect(await waiting.json()).toEqual({ ready: false, waitingFor: { bus: 'no connection' } });
      problem = null;
      expect((await get('/readyz')).status).toBe(200);
      expect((await get('/metrics')).status).toBe(200);
      expect((await get('/else')).status).toBe(404);
    } finally {
      await server.close();
      await telemetry.stop();
    }
  });
});

describe('waitFor', () => {
  it('goes on until the thing is there, and ends when told to stop', async () => {
    let tries = 0;
    const there = async () => {
      tries += 1;
      if (tries < 3) throw new Error('not yet');
      return tries;
    };
    await expect(waitFor('it', there, silent, { everyMs: 1 })).resolves.toBe(3);
    const controller = new AbortController();
    const never = waitFor('it', () => Promise.reject(new Error('no')), silent, {
      everyMs: 1,
      signal: controller.signal,
    });
    controller.abort(new Error('stopping'));
    await expect(never).rejects.toThrow();
  });
});

describe('bootService', () => {
  const boot = async (body: string, environment: Record<string, string>) => {
    const directory = await mkdtemp(join(tmpdir(), 'bulkhead-boot-'));
    const file = join(directory, 'main.mjs');
    const platform = new URL('../dist/index.js', import.meta.url).pathname;
    const zod = new URL('../../../node_modules/zod/index.js', import.meta.url).pathname;
    await writeFile(file, `import { bootService } from '${platform}';\nimport { z } from '${zod}';\n${body}`);
    const child = spawn(process.execPath, [file], {
      env: { BULKHEAD_SERVICE_DIR: directory, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    child.stderr.on('data', (chunk) => (output += String(chunk)));
    const exited = once(child, 'exit').then(async ([code]) => {
      await rm(directory, { recursive: true });
      return code as number;
    });
    return { child, exited, output: () => output };
  };

  it('closes what was registered in reverse order when told to stop', async () => {
    const service = await boot(
      `await bootService('demo', z.object({ NAME: z.string() }), async (runtime) => {
         runtime.onStop('first', () => console.log('closed first'));
         runtime.onStop('second', () => console.log('closed second'));
         console.log('up ' + runtime.settings.NAME);
         setInterval(() => {}, 1000);
       });`,
      { NAME: 'ada' },
    );
    while (!service.output().includes('"started"')) await once(service.child.stdout, 'data');
    service.child.kill('SIGTERM');
    await expect(service.exited).resolves.toBe(0);
    expect(service.output()).toMatch(/up ada[\s\S]*closed second\nclosed first/);
  });

  it('exits with 1 and says why where the start fails', async () => {
    const service = await boot(
      `await bootService('demo', z.object({}), async () => { throw new Error('no database') });`,
      {},
    );
    await expect(service.exited).resolves.toBe(1);
    expect(service.output()).toContain('no database');
  });
});
