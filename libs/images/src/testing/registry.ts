import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '@bulkhead/testing/ports';

/** Debian's docker-registry on a free loopback port, keeping its data below `directory`. */
export class TestRegistry {
  private constructor(
    readonly host: string,
    private readonly process: ChildProcess,
  ) {}

  /** `htpasswd`: a line with a bcrypt hash, where basic authentication is wanted. */
  static async start(directory: string, htpasswd?: string): Promise<TestRegistry> {
    const host = `127.0.0.1:${await freePort()}`;
    const passwords = join(directory, 'htpasswd');
    if (htpasswd) await writeFile(passwords, htpasswd);
    const config = {
      version: '0.1',
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(directory, 'registry') } },
      http: { addr: host },
      ...(htpasswd && { auth: { htpasswd: { realm: 'test', path: passwords } } }),
    };
    const file = join(directory, 'registry.json');
    await writeFile(file, JSON.stringify(config)); // JSON is YAML
    const registry = new TestRegistry(host, spawn('docker-registry', ['serve', file], { stdio: 'ignore' }));
    await registry.answering();
    return registry;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }

  private async answering(): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      if (this.process.exitCode !== null) throw new Error('docker-registry ended at once');
      if (await fetch(`http://${this.host}/v2/`).catch(() => undefined)) return;
      await pause(25);
    }
    throw new Error('docker-registry does not answer');
  }
}
