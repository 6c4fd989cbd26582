import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { bulkhead } from './support/cli.js';
import { api, createApp, createMachine, destroyApp, eventually, freshName } from './support/platform.js';

jest.setTimeout(120_000);

let app: string;
let machine: string;
let directory: string;
const file = (name: string) => join(directory, name);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bulkhead-e2e-'));
  app = await createApp();
  const made = await createMachine(
    app,
    { env: { GREETING: 'first' }, metadata: { release: 'one' } },
    { skip_launch: true },
  );
  machine = made.id;
  const config = { ...made.config, env: { GREETING: 'second' }, metadata: { release: 'two' } };
  const updated = await api('POST', `/v1/apps/${app}/machines/${machine}`, { config, skip_launch: true });
  expect(updated.status).toBe(200);
});
afterAll(async () => {
  await destroyApp(app);
  await rm(directory, { recursive: true });
});

/** The machine's events, oldest first. */
const events = async (): Promise<{ id: string; type: string; position: number; recorded_at: string }[]> =>
  (await api('GET', `/api/v1/events?journal=scheduler&aggregate=machine/${machine}`)).json.events;

/** Signed heads come at most a second apart; from then on the event can be proven. */
const provable = async (): Promise<string> => {
  const [{ id = '' } = {}] = await events();
  return eventually('a signed head covers the event', async () => {
    const { status } = await api('GET', `/api/v1/audit/proofs/${id}`);
    return status === 200 && id;
  });
};

describe('the audit log', () => {
  beforeAll(async () => {
    await provable();
    expect((await bulkhead(['audit', 'head', '--save', file('head.json')])).exitCode).toBe(0);
    expect((await bulkhead(['audit', 'export', file('export')])).exitCode).toBe(0);
  });

  it('is proven against a head that was kept elsewhere', async () => {
    const proven = await bulkhead(['audit', 'verify', file('export'), '--trusted-head', file('head.json')]);
    expect(proven).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^Proven: the first \d+ of \d+/),
    });
  });

  it('is consistent with itself, and no more, without one', async () => {
    const { exitCode, out } = await bulkhead(['audit', 'verify', file('export')]);
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: expect.stringMatching(/^Consistent with itself/) });
    expect(out).not.toContain('Proven');
  });

  it.each([
    [
      'altered',
      (lines: string[]) => lines.map((line) => line.replace(/("index":3,.*"position":)\d+/, '$19999')),
    ],
    ['removed', (lines: string[]) => lines.filter((line) => !line.includes('"index":3,'))],
    [
      'cut off',
      (lines: string[]) =>
        lines.slice(
          0,
          lines.findIndex((line) => line.includes('"index":3,')),
        ),
    ],
  ])('names the first entry that was %s', async (what, tamper) => {
    const lines = (await readFile(file('export'), 'utf8')).trimEnd().split('\n');
    await writeFile(file(what), tamper(lines).join('\n'));
    const args = ['--json', 'audit', 'verify', file(what), '--trusted-head', file('head.json')];
    const { exitCode, out } = await bulkhead(args);
    expect({ exitCode, ...JSON.parse(out) }).toMatchObject({ exitCode: 7, ok: false, bad: { index: 3 } });
  });

  it('lets a newer head take the place of a kept one only where the log goes on from it', async () => {
    const before = JSON.parse(await readFile(file('head.json'), 'utf8'));
    const kept = await bulkhead(['audit', 'head', '--save', file('head.json')]);
    expect(kept).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('begins with the head that was kept'),
    });
    const forged = { ...before, publicKey: Buffer.alloc(32, 1).toString('base64') };
    await writeFile(file('forged.json'), JSON.stringify(forged));
    expect((await bulkhead(['audit', 'head', '--save', file('forged.json')])).exitCode).not.toBe(0);
    expect(JSON.parse(await readFile(file('forged.json'), 'utf8'))).toEqual(forged);
  });

  it('proves one event, which a change of any byte disproves', async () => {
    const { exitCode, out } = await bulkhead(['audit', 'prove', await provable()]);
    expect(exitCode).toBe(0);
    await writeFile(file('proof.json'), out);
    const { publicKey } = JSON.parse(await readFile(file('head.json'), 'utf8'));
    const verified = await bulkhead(['audit', 'verify-event', file('proof.json'), '--key', publicKey]);
    expect(verified).toMatchObject({ exitCode: 0, out: expect.stringContaining(`machine/${machine}`) });
    const proof = JSON.parse(out);
    const body = Buffer.from(proof.entry.body, 'base64').toString().replace('one', 'uno');
    proof.entry.body = Buffer.from(body).toString('base64');
    await writeFile(file('forged-proof.json'), JSON.stringify(proof));
    const forged = await bulkhead(['audit', 'verify-event', file('forged-proof.json'), '--key', publicKey]);
    expect(forged).toMatchObject({ exitCode: 7, out: expect.stringContaining('NOT PROVEN') });
  });

  it('proves an event to the organization it is of, and to no other', async () => {
    const organization = freshName('other');
    const made = await api('POST', '/api/v1/organizations', { name: organization });
    const theirs = await api('POST', `/api/v1/organizations/${made.json.slug}/tokens`, {
      name: 'theirs',
      access: 'read',
    });
    const { status } = await api('GET', `/api/v1/audit/proofs/${await provable()}`, undefined, {
      token: theirs.json.token,
    });
    expect(status).toBe(404);
  });
});

describe('a replay', () => {
  it('finds no drift in any projection', async () => {
    const list = await bulkhead(['--json', 'replay', '--list']);
    const names: string[] = JSON.parse(list.out).map(({ name }: { name: string }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'api-tenants',
        'api-machines',
        'scheduler-feeds',
        'scheduler-api',
        'scheduler-vault',
      ]),
    );
    for (const name of names) {
      const { exitCode, out } = await bulkhead(['replay', name]);
      expect({ name, exitCode, out }).toMatchObject({
        exitCode: 0,
        out: expect.stringContaining('No drift'),
      });
    }
  });

  it('shows a machine as it was, by position and by time, with the positions it used', async () => {
    const [made] = await events();
    for (const at of [String(made?.position), made?.recorded_at ?? '']) {
      const { out } = await bulkhead(['--json', 'replay', '--at', at, 'machine', machine]);
      expect(JSON.parse(out)).toMatchObject({
        journal: 'scheduler',
        position: made?.position,
        recorded_at: made?.recorded_at,
        version: 1,
        state: { config: { metadata: { release: 'one' }, env: { $sealed: true } } },
      });
    }
    const now = await bulkhead(['--json', 'replay', '--at', new Date().toISOString(), 'machine', machine]);
    expect(JSON.parse(now.out)).toMatchObject({ state: { config: { metadata: { release: 'two' } } } });
    const { exitCode } = await bulkhead([
      'replay',
      '--at',
      String((made?.position ?? 1) - 1),
      'machine',
      machine,
    ]);
    expect(exitCode).toBe(3);
  });
});

describe('the operator', () => {
  it('sees journals carried by their streams, and nothing parked', async () => {
    const status = await bulkhead(['--json', 'journal', 'status']);
    for (const row of JSON.parse(status.out)) expect(row).toMatchObject({ problem: null, surplus: 0 });
    expect(await bulkhead(['parked', 'list'])).toMatchObject({ exitCode: 0, out: 'Nothing is parked.\n' });
    const surplus = await bulkhead(['journal', 'reconcile', 'scheduler']);
    expect(surplus).toMatchObject({ exitCode: 0, out: expect.stringContaining('holds nothing') });
  });

  it('is told by doctor how services, certificates, journals and hosts are', async () => {
    const findings: { name: string; status: string; found: string }[] = JSON.parse(
      (await bulkhead(['--json', 'doctor'])).out,
    );
    const of = (name: string) => findings.find((finding) => finding.name === name);
    for (const name of ['services', 'certificates', 'services’ clocks', 'journals', 'parked work'])
      expect(of(name)).toMatchObject({ status: 'ok' });
    expect(of('hosts’ abilities')?.found).toMatch(/kvm|tcg/);
  });
});
