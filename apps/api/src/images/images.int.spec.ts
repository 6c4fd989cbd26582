import { cp } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { newOrganizationId } from '@bulkhead/contracts';
import type { OrganizationId } from '@bulkhead/domain';
import type { Credentials } from '@bulkhead/images';
import { FakeServer } from '@bulkhead/images/testing/fake-registry';
import { writeLayout } from '@bulkhead/images/testing/layout';
import { TestRegistry } from '@bulkhead/images/testing/registry';
import { tarOf } from '@bulkhead/images/testing/tar';
import { run, scratch } from '@bulkhead/images/testing/tools';
import { startTestPlatform, type TestPlatform } from '../testing/test-platform.js';
import { HASTY, RegistryImages } from './registry-images.js';

const { directory, clean } = scratch();
/** What the operator vouches for; the registries get their ports late. */
const known: string[] = [];
const credentials = new Map<string, Credentials>();
let now = Date.now();
let layouts: string;
let registry: TestRegistry;
let guarded: TestRegistry;
let images: RegistryImages;
let platform: TestPlatform;

beforeAll(async () => {
  layouts = await directory();
  images = new RegistryImages({
    sources: {
      layoutRoots: [layouts],
      privateRegistries: [],
      insecureRegistries: known,
      ...HASTY,
      retries: { attempts: 2, pauseMs: 1, maxPauseMs: 10 },
    },
    clock: { now: () => new Date(now), sleep: () => Promise.resolve() },
    credential: (organization, host) => Promise.resolve(credentials.get(`${organization} ${host}`)),
  });
  [registry, guarded, platform] = await Promise.all([
    TestRegistry.start(await directory()),
    TestRegistry.start(await directory(), BOB),
    startTestPlatform({ images }),
  ]);
  known.push(registry.host, guarded.host);
  await platform.call('POST', '/v1/apps', { body: { name: 'web', org_slug: 'personal' } });
}, 60_000);
afterAll(async () => {
  await Promise.all([platform.stop(), registry.stop(), guarded.stop()]);
  await clean();
});

/** The user bob with the password "secret", as htpasswd writes it with bcrypt. */
const BOB = 'bob:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n';
const bob = { username: 'bob', password: 'secret' };

async function layout(text: string, platform?: { os: string; architecture: string }): Promise<string> {
  const path = `${layouts}/${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
  await writeLayout(await made(path), {
    layers: [await tarOf([{ name: 'hello', content: text }])],
    config: { Cmd: ['/hello'], Labels: { 'org.example.text': text } },
    ...(platform && { platform }),
  });
  return path;
}

async function made(path: string): Promise<string> {
  await cp(await directory(), path, { recursive: true });
  return path;
}

const push = async (text: string, target: string, ...options: string[]) =>
  run(
    'skopeo',
    ...['copy', '--insecure-policy', '--dest-tls-verify=false', ...options],
    ...[`oci:${await layout(text)}:latest`, `docker://${target}`],
  );

const create = (image: string, more = {}) =>
  platform.call('POST', '/v1/apps/web/machines', { body: { config: { image } }, ...more });

describe('a machine', () => {
  it('is pinned to what its tag stood for, and shown as it was asked for', async () => {
    await push('one', `${registry.host}/team/app:v1`);
    const image = `${registry.host}/team/app:v1`;
    const { status, json } = await create(image);
    expect({ status, image: json.config.image }).toEqual({ status: 200, image });
    expect(json.image_ref).toEqual({
      registry: registry.host,
      repository: 'team/app',
      tag: 'v1',
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      labels: { 'org.example.text': 'one' },
    });
    expect(JSON.stringify(json.config)).not.toContain(json.image_ref.digest);
    expect(platform.scheduler.heard.at(-1)?.input).toMatchObject({
      config: { image, resolved_image: { digest: json.image_ref.digest } },
    });

    await push('two', image);
    now += 60_000;
    const path = `/v1/apps/web/machines/${json.id}`;
    expect((await platform.call('GET', path)).json.image_ref).toEqual(json.image_ref);
    const updated = await platform.call('POST', path, { body: { config: { image } } });
    expect(updated.json.image_ref).toMatchObject({ labels: { 'org.example.text': 'two' } });
    expect(updated.json.image_ref.digest).not.toBe(json.image_ref.digest);
    const versions = await platform.call('GET', `${path}/versions`);
    expect(versions.json.map((version: { user_config: object }) => version.user_config)).toEqual([
      expect.not.objectContaining({ resolved_image: expect.anything() }),
      expect.not.objectContaining({ resolved_image: expect.anything() }),
    ]);
  });

  it('may name a layout in the directories for that, and no other', async () => {
    const { json } = await create(`oci:${await layout('three')}`);
    expect(json.image_ref).toMatchObject({ registry: 'oci', digest: expect.stringMatching(/^sha256:/) });
    expect(await create(`oci:${await directory()}`)).toMatchObject({
      status: 422,
      json: { code: 'registry_forbidden' },
    });
  });

  it.each([
    ['an unknown image', () => `${registry.host}/team/nothing:1`, 422, 'image_not_found'],
    ['a reference that is none', () => `${registry.host}/UPPER:1`, 422, 'image_reference_invalid'],
    [
      'an image for another processor',
      async () => `oci:${await layout('arm', { os: 'linux', architecture: 'arm64' })}`,
      422,
      'image_platform_missing',
    ],
    ['a private image', () => `${guarded.host}/private:1`, 422, 'image_unauthorized'],
    ['an address inside', () => '169.254.169.254/app', 422, 'registry_forbidden'],
    [
      'a registry that is away',
      () => (known.push('127.0.0.1:1'), '127.0.0.1:1/app'),
      503,
      'registry_unreachable',
    ],
  ])('with %s is refused before anything is created', async (_what, image, status, code) => {
    const heard = platform.scheduler.heard.length;
    const answer = await create(await image());
    expect(answer).toMatchObject({ status, json: { code } });
    expect(answer.headers.has('retry-after')).toBe(status === 503);
    expect(platform.scheduler.heard.length).toBe(heard);
  });
});

describe('an organization', () => {
  const [ours, theirs] = [newOrganizationId(), newOrganizationId()] as [OrganizationId, OrganizationId];
  const as = (organization: OrganizationId, image: string) => images.resolve(organization, image);

  it('sees with its own credential what another does not, before and after', async () => {
    await push('private', `${guarded.host}/private:1`, '--dest-creds', 'bob:secret');
    const image = `${guarded.host}/private:1`;
    await expect(as(theirs, image)).rejects.toMatchObject({ code: 'image_unauthorized' });
    credentials.set(`${ours} ${guarded.host}`, bob);
    const found = await as(ours, image);
    expect(found).toEqual({
      digest: expect.any(String),
      labels: { 'org.example.text': 'private' },
      credential: guarded.host,
    });
    await expect(as(theirs, image)).rejects.toMatchObject({ code: 'image_unauthorized' });
    await expect(as(theirs, `${guarded.host}/private@${found.digest}`)).rejects.toMatchObject({
      code: 'image_unauthorized',
    });
    credentials.set(`${theirs} ${guarded.host}`, { ...bob, password: 'guess' });
    await expect(as(theirs, image)).rejects.toMatchObject({ code: 'image_unauthorized' });
  });

  it('asks a registry once for what many machines want, and for a digest never again', async () => {
    const { digest } = await as(ours, `${registry.host}/team/app:v1`);
    const fake = await FakeServer.start((request, response) => {
      void fetch(`http://${registry.host}${request.url ?? ''}`, {
        headers: { accept: request.headers.accept ?? '*/*' },
      }).then(async (answer) => {
        response.setHeader('content-type', answer.headers.get('content-type') ?? '');
        response.end(Buffer.from(await answer.arrayBuffer()));
      });
    });
    known.push(fake.host);
    const tag = `${fake.host}/team/app:v1`;
    await Promise.all(Array.from({ length: 20 }, () => as(ours, tag)));
    await as(ours, tag);
    expect(fake.requests).toHaveLength(2); // manifest and configuration
    now += 60_000;
    await as(ours, tag);
    expect(fake.requests).toHaveLength(4);
    for (let asked = 0; asked < 3; asked += 1, now += 3_600_000)
      await as(ours, `${fake.host}/team/app@${digest}`);
    expect(fake.requests).toHaveLength(6);
    await fake.stop();
  });

  it('waits ten seconds for a registry and no longer', async () => {
    const dripping = await FakeServer.start((_request, response) => {
      const drip = setInterval(() => response.write(' '), 200);
      response.once('close', () => clearInterval(drip));
    });
    known.push(dripping.host);
    const begun = performance.now();
    await expect(as(ours, `${dripping.host}/app:1`)).rejects.toMatchObject({
      code: 'registry_unreachable',
      retryable: true,
    });
    expect(performance.now() - begun).toBeLessThan(11_000);
    await dripping.stop();
  }, 20_000);
});
