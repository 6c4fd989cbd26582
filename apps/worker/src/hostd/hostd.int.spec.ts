import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile, chown } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { testBootFiles } from '../runtime/testing/fixtures.js';
import { TestHostd } from '../runtime/testing/hostd.js';
import { HostdClient } from './client.js';
import { command } from './command.js';
import { hostRequest, listAnswer, MAX_REQUEST } from './protocol.js';

let home: string;
let hostd: TestHostd;
let client: HostdClient;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'bulkhead-hostd-test-'));
  hostd = await TestHostd.start(await testBootFiles(), join(home, 'images'));
  client = new HostdClient(hostd.config.socket);
}, 120_000);

afterAll(async () => {
  await hostd.destroy();
  await rm(home, { recursive: true });
});

const good = {
  type: 'start' as const,
  machine: '0123456789abcd',
  accel: 'tcg' as const,
  cpus: 1,
  memoryMb: 64,
  image: null as string | null,
  address: 'fdaa:0:1:a7b:1:0:1:2' as string | null,
  resume: false,
};

describe('a request', () => {
  it.each([
    ['a machine that is a path', { ...good, machine: '../../../etc/x' }],
    ['an image outside', { ...good, image: '../secret' }],
    ['an absolute image', { ...good, image: '/etc/shadow' }],
    ['an image with a hidden name', { ...good, image: 'images/.x' }],
    ['an option as image', { ...good, image: '-drive' }],
    ['an address of another network', { ...good, address: '2001:db8::2' }],
    ['the host’s end of a link', { ...good, address: 'fdaa:0:1:a7b:1:0:1:1' }],
    ['a prefix as address', { ...good, address: 'fdaa::2/0' }],
    ['an address with commands', { ...good, address: 'fdaa:0:1:a7b:1:0:1:2\nflush ruleset:2' }],
    ['an unknown field', { ...good, args: ['-drive', 'file=/etc/shadow'] }],
    ['an unknown kind', { type: 'run', machine: good.machine }],
    ['too many processors', { ...good, cpus: 65 }],
  ])('is refused with %s', (_, request) => {
    expect(hostRequest.safeParse(request).success).toBe(false);
  });

  it('is refused beyond the host’s own limits', async () => {
    await expect(client.request({ ...good, memoryMb: 4096 }, z.unknown())).rejects.toMatchObject({
      code: 'hostd_too_large',
    });
  });

  it('that is no request is answered, and one without end ends the connection', async () => {
    expect(await talk('nonsense\n{"type":"list","extra":1}\n')).toMatch(
      /^(\{"error":\{"code":"bad_request".*\n){2}$/,
    );
    expect(await talk('x'.repeat(MAX_REQUEST + 1))).toBe('');
    expect(await client.request({ type: 'list' }, listAnswer)).toEqual({ machines: [] });
  });

  it('for a machine that is not there is refused, except its removal', async () => {
    const admit = client.request({ type: 'admit', machine: good.machine }, z.unknown());
    await expect(admit).rejects.toMatchObject({ code: 'hostd_unknown_machine' });
    await client.request({ type: 'remove', machine: good.machine }, z.unknown());
  });
});

async function talk(bytes: string): Promise<string> {
  const socket = connect({ path: hostd.config.socket, allowHalfOpen: true });
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  socket.end(bytes);
  return text(socket).catch(() => '');
}

describe('an image', () => {
  it.each(['a link out of the directory', 'a file of somebody else', 'a directory', 'nothing'])(
    'that is %s is not opened, and nothing is left behind',
    async (what) => {
      await prepareImage(what);
      await expect(client.request({ ...good, image: 'bad/rootfs.erofs' }, z.unknown())).rejects.toMatchObject(
        {
          code: 'hostd_bad_image',
        },
      );
      expect(await client.request({ type: 'list' }, listAnswer)).toEqual({ machines: [] });
      expect(await hostd.networks().taps()).toEqual([]);
      expect(await (await hostd.cgroups()).list()).toEqual([]);
      expect(await readdir(join(hostd.config.directory, 'jails'))).toEqual([]);
    },
  );
});

async function prepareImage(what: string): Promise<void> {
  const directory = join(hostd.config.images, 'bad');
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory);
  const path = join(directory, 'rootfs.erofs');
  if (what === 'a directory') await mkdir(path);
  if (what === 'a link out of the directory') await symlink('/etc/shadow', path);
  if (what === 'a file of somebody else') {
    await writeFile(path, '');
    await chown(path, 54_321, 54_321);
  }
}

describe('hostd', () => {
  it('gives its socket to the worker alone', async () => {
    const { mode, uid } = await stat(hostd.config.socket);
    expect({ mode: mode & 0o777, uid }).toEqual({ mode: 0o600, uid: hostd.config.worker.uid });
  });

  it('removes at its start what belongs to no machine', async () => {
    const tap = `bh${hostd.tag}-5`;
    await command('ip', ['tuntap', 'add', 'dev', tap, 'mode', 'tap']);
    await (await hostd.cgroups()).create('feedfeedfeed00', { memoryBytes: 2 ** 26, processes: 8 });
    await mkdir(join(hostd.config.directory, 'jails', 'feedfeedfeed00'));
    await hostd.restart();
    expect(await hostd.networks().taps()).toEqual([]);
    expect(await (await hostd.cgroups()).list()).toEqual([]);
    expect(await readdir(join(hostd.config.directory, 'jails'))).toEqual([]);
  });
});
