import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { FakeServer } from './testing/fake-registry.js';
import { TestRegistry } from './testing/registry.js';
import { digestOf, writeLayout } from './testing/layout.js';
import { tarOf } from './testing/tar.js';
import { run, scratch } from './testing/tools.js';
import type { Credentials } from './registry/authorization.js';
import { openSource, type SourcePolicy } from './open-source.js';
import { parseReference } from './reference.js';
import { LINUX_AMD64, resolveImage } from './resolve.js';
import { verified, type ImageSource } from './source.js';

const { directory, clean } = scratch();
const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
  known.splice(0);
  await clean();
});

const NEVER = new AbortController().signal;
/** The servers of a test, which the operator vouches for. */
const known: string[] = [];
const POLICY: SourcePolicy = {
  layoutRoots: [],
  privateRegistries: [],
  insecureRegistries: known,
  retries: { attempts: 3, pauseMs: 1, maxPauseMs: 50 },
  headTimeoutMs: 2_000,
  stallTimeoutMs: 300,
};

const open = (reference: string, credentials?: Credentials, policy = POLICY) =>
  openSource(parseReference(reference), policy, credentials);
const resolve = async (reference: string, credentials?: Credentials) =>
  resolveImage(await open(reference, credentials), LINUX_AMD64, NEVER);

async function serve(listener: RequestListener): Promise<FakeServer> {
  const server = await FakeServer.start(listener);
  running.push(server);
  known.push(server.host);
  return server;
}

async function startRegistry(htpasswd?: string): Promise<TestRegistry> {
  const registry = await TestRegistry.start(await directory(), htpasswd);
  running.push(registry);
  known.push(registry.host);
  return registry;
}

async function helloLayout(layout?: string): Promise<string> {
  const root = layout ?? (await directory());
  await writeLayout(root, {
    layers: [await tarOf([{ name: 'hello', content: 'world' }])],
    config: { Cmd: ['/hello'] },
  });
  return root;
}

const push = (layout: string, target: string, ...options: string[]) =>
  run(
    'skopeo',
    'copy',
    '--insecure-policy',
    '--dest-tls-verify=false',
    ...options,
    `oci:${layout}:latest`,
    `docker://${target}`,
  );

async function read(source: ImageSource, bytes: Uint8Array): Promise<Buffer> {
  const descriptor = { mediaType: 'x', digest: digestOf(bytes), size: bytes.length };
  const chunks: Uint8Array[] = [];
  for await (const chunk of verified(descriptor, source.blob(descriptor, NEVER))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const BLOB = Buffer.alloc(400_000, 'some layer ');

describe("Debian's docker-registry", () => {
  it.each(['oci', 'v2s2'])('gives an image pushed as %s', async (format) => {
    const registry = await startRegistry();
    await push(await helloLayout(), `${registry.host}/team/app:v1`, '--format', format);
    const image = await resolve(`${registry.host}/team/app:v1`);
    expect(image.config.cmd).toEqual(['/hello']);
    expect(await resolve(`${registry.host}/team/app@${image.digest}`)).toEqual(image);
  });

  it('gives the variant of a multi-arch index that fits, by its own digest', async () => {
    const registry = await startRegistry();
    const layout = await helloLayout();
    await push(layout, `${registry.host}/multi:amd64`, '--format', 'oci');
    const { digest } = await resolve(`${registry.host}/multi:amd64`);
    const size = Number(
      (
        await fetch(`http://${registry.host}/v2/multi/manifests/${digest}`, {
          method: 'HEAD',
          headers: { accept: MANIFEST },
        })
      ).headers.get('content-length'),
    );
    const entry = { mediaType: MANIFEST, digest, size };
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [
        { ...entry, platform: { os: 'unknown', architecture: 'unknown' } },
        { ...entry, platform: { os: 'linux', architecture: 'amd64' } },
      ],
    });
    await fetch(`http://${registry.host}/v2/multi/manifests/latest`, {
      method: 'PUT',
      body: index,
      headers: { 'content-type': INDEX },
    });
    expect((await resolve(`${registry.host}/multi`)).digest).toBe(digest);
    const arm = resolveImage(
      await open(`${registry.host}/multi`),
      { os: 'linux', architecture: 'arm64' },
      NEVER,
    );
    await expect(arm).rejects.toMatchObject({
      code: 'image_platform_missing',
      message: expect.stringContaining('linux/amd64'),
    });
  });

  it('asks for a user name and password, and is given them', async () => {
    const registry = await startRegistry(BOB);
    await push(await helloLayout(), `${registry.host}/private:1`, '--dest-creds', 'bob:secret');
    const reference = `${registry.host}/private:1`;
    expect((await resolve(reference, { username: 'bob', password: 'secret' })).config.cmd).toEqual([
      '/hello',
    ]);
    await expect(resolve(reference)).rejects.toMatchObject({ code: 'image_unauthorized', retryable: false });
    await expect(resolve(reference, { username: 'bob', password: 'guess' })).rejects.toMatchObject({
      code: 'image_unauthorized',
    });
  });

  it('says what is not there', async () => {
    const registry = await startRegistry();
    await expect(resolve(`${registry.host}/nothing:here`)).rejects.toMatchObject({
      code: 'image_not_found',
      retryable: false,
    });
  });
});

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

/** The user bob with the password "secret", as htpasswd writes it with bcrypt. */
const BOB = 'bob:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n';

describe('a registry with a token server', () => {
  const GOOD = 'Bearer t0ken';
  const private_ =
    (host: () => string): RequestListener =>
    (request, response) => {
      if (request.headers.authorization === GOOD) return void response.end(BLOB);
      response
        .writeHead(401, {
          'www-authenticate': `Bearer realm="http://${host()}/token",service="reg",scope="repository:app:pull,push"`,
        })
        .end();
    };

  it('is shown a token for pulling this repository, got with the credentials', async () => {
    const tokens = await serve((_, response) => void response.end('{"token":"t0ken"}'));
    const registry = await serve(private_(() => tokens.host));
    const source = await open(`${registry.host}/app`, { username: 'bob', password: 'secret' });
    expect(await read(source, BLOB)).toEqual(BLOB);
    expect(tokens.requests).toEqual([
      expect.objectContaining({
        url: '/token?service=reg&scope=repository%3Aapp%3Apull',
        headers: expect.objectContaining({
          authorization: `Basic ${Buffer.from('bob:secret').toString('base64')}`,
        }),
      }),
    ]);
  });

  it.each([
    [401, '{}', 'image_unauthorized'],
    [503, '', 'registry_unreachable'],
    [200, 'no JSON', 'registry_unreachable'],
    [200, '{"token":"two\\nlines"}', 'registry_unreachable'],
    [200, JSON.stringify({ token: 'x'.repeat(100_000) }), 'image_too_large'],
  ])('that answers %i %.20s ends in %s%.0s', async (status, body, code) => {
    const tokens = await serve((_, response) => void response.writeHead(status).end(body));
    const registry = await serve(private_(() => tokens.host));
    await expect(read(await open(`${registry.host}/app`), BLOB)).rejects.toMatchObject({ code });
  });

  it('gets no credentials for a token server in the clear elsewhere', async () => {
    const registry = await serve(private_(() => 'tokens.example'));
    const source = await open(`${registry.host}/app`, { username: 'bob', password: 'secret' });
    await expect(read(source, BLOB)).rejects.toMatchObject({ code: 'registry_forbidden' });
  });
});

describe('a registry that redirects', () => {
  it("sends nobody else the registry's authorization", async () => {
    const store = await serve((_, response) => void response.end(BLOB));
    const registry = await serve((request, response) => {
      if (!request.headers.authorization)
        return void response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
      response.writeHead(307, { location: `http://${store.host}/signed?x=1` }).end();
    });
    const source = await open(`${registry.host}/app`, { username: 'bob', password: 'secret' });
    expect(await read(source, BLOB)).toEqual(BLOB);
    expect(store.requests).toEqual([expect.objectContaining({ url: '/signed?x=1' })]);
    expect(store.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it.each([
    'http://elsewhere.example/',
    'file:///etc/passwd',
    'https://user:pass@elsewhere.example/',
    'https://:bad',
  ])('is not followed to %s', async (location) => {
    const registry = await serve((_, response) => void response.writeHead(302, { location }).end());
    await expect(read(await open(`${registry.host}/app`), BLOB)).rejects.toMatchObject({
      code: 'registry_forbidden',
    });
  });

  it('is not followed for ever', async () => {
    const registry = await serve(
      (_, response) => void response.writeHead(302, { location: '/v2/again' }).end(),
    );
    await expect(read(await open(`${registry.host}/app`), BLOB)).rejects.toMatchObject({
      code: 'registry_forbidden',
    });
    expect(registry.requests.length).toBeLessThan(10);
  });
});

describe('what is inside', () => {
  const SECRET = () => serve((_, response) => void response.end('secret'));

  it.each(['127.0.0.1', 'localhost', '[::ffff:7f00:1]', '0x7f.1'])(
    'is reached under no spelling of a registry: %s',
    async (name) => {
      const inside = await SECRET();
      known.splice(0);
      const port = inside.host.split(':')[1] ?? '';
      await expect(resolve(`${name}:${port}/app`)).rejects.toMatchObject({ code: 'registry_forbidden' });
      expect(inside.requests).toEqual([]);
    },
  );

  it.each(['127.0.0.1', 'localhost', '[::1]', '2130706433', '169.254.169.254', '[fdaa::3]'])(
    'is reached by no redirect to %s, nor through a token server there',
    async (name) => {
      const redirecting = await serve(
        (_, response) => void response.writeHead(307, { location: `https://${name}:4281/v1/ca` }).end(),
      );
      const asking = await serve((_, response) => {
        const realm = `Bearer realm="https://${name}:4281/token"`;
        response.writeHead(401, { 'www-authenticate': realm }).end();
      });
      for (const { host } of [redirecting, asking])
        await expect(resolve(`${host}/app`)).rejects.toMatchObject({ code: 'registry_forbidden' });
    },
  );

  it('is reached where the operator names it', async () => {
    const registry = await serve((_, response) => void response.writeHead(404).end());
    known.splice(0, 1, registry.host.replace('127.0.0.1', 'LOCALHOST'));
    await expect(resolve(`${registry.host.replace('127.0.0.1', 'localhost')}/app`)).rejects.toMatchObject({
      code: 'image_not_found',
    });
    known.splice(0);
    const policy = { ...POLICY, privateRegistries: [registry.host] };
    const source = await open(`${registry.host}/app`, undefined, policy);
    await expect(read(source, BLOB)).rejects.toMatchObject({ code: 'registry_unreachable' }); // it speaks no TLS
    expect(registry.requests).toHaveLength(1);
  });
});

describe('a registry that fails', () => {
  it('is asked to go on where a transfer broke off', async () => {
    let answered = 0;
    const registry = await serve((request, response) => {
      const [, from = '0'] = /bytes=(\d+)-/.exec(request.headers.range ?? '') ?? [];
      const rest = BLOB.subarray(Number(from));
      response.writeHead(from === '0' ? 200 : 206, {
        'content-length': rest.length,
        ...(from !== '0' && { 'content-range': `bytes ${from}-${BLOB.length - 1}/${BLOB.length}` }),
      });
      if ((answered += 1) < 3) response.write(rest.subarray(0, 100_000), () => response.destroy());
      else response.end(rest);
    });
    expect(await read(await open(`${registry.host}/app`), BLOB)).toEqual(BLOB);
    expect(registry.requests[2]?.headers.range).toMatch(/^bytes=\d+-$/);
  });

  it('may start over where it knows no ranges', async () => {
    let answered = 0;
    const registry = await serve((_, response) => {
      response.writeHead(200, { 'content-length': BLOB.length });
      if ((answered += 1) === 1) response.write(BLOB.subarray(0, 100_000), () => response.destroy());
      else response.end(BLOB);
    });
    expect(await read(await open(`${registry.host}/app`), BLOB)).toEqual(BLOB);
  });

  it('is given up as unreachable after some attempts', async () => {
    const registry = await serve((_, response) => void response.writeHead(503).end());
    await expect(resolve(`${registry.host}/app`)).rejects.toMatchObject({
      code: 'registry_unreachable',
      retryable: true,
    });
    expect(registry.requests).toHaveLength(3);
  });

  it('is given up when it stalls', async () => {
    const registry = await serve((_, response) => {
      response.writeHead(200, { 'content-length': BLOB.length });
      response.write(BLOB.subarray(0, 10));
    });
    await expect(read(await open(`${registry.host}/app`), BLOB)).rejects.toMatchObject({
      code: 'registry_unreachable',
    });
  });

  it('may ask to be left alone for longer than we wait', async () => {
    const registry = await serve(
      (_, response) => void response.writeHead(429, { 'retry-after': '120' }).end(),
    );
    await expect(resolve(`${registry.host}/app`)).rejects.toMatchObject({
      code: 'registry_rate_limited',
      delayMs: 120_000,
    });
    expect(registry.requests).toHaveLength(1);
  });

  it('is not there at all', async () => {
    known.push('127.0.0.1:1');
    await expect(resolve('127.0.0.1:1/app')).rejects.toMatchObject({
      code: 'registry_unreachable',
      retryable: true,
    });
  });

  it('has a name that nobody has', async () => {
    await expect(resolve(`${'a'.repeat(64)}.example/app`)).rejects.toMatchObject({
      code: 'image_not_found',
      retryable: false,
    });
  });

  it('stops at once when the caller gives up', async () => {
    const registry = await serve(() => undefined);
    const caller = new AbortController();
    const source = await open(`${registry.host}/app`);
    const asked = resolveImage(source, LINUX_AMD64, caller.signal);
    caller.abort(new Error('gave up'));
    await expect(asked).rejects.toThrow('gave up');
  });
});

describe('a registry that lies', () => {
  it.each([
    ['other bytes', Buffer.alloc(BLOB.length, 'x')],
    ['more bytes', Buffer.concat([BLOB, BLOB])],
  ])('with %s in place of a blob is found out', async (_, sent) => {
    const registry = await serve((_, response) => void response.end(sent));
    await expect(read(await open(`${registry.host}/app`), BLOB)).rejects.toMatchObject({
      code: 'image_digest_mismatch',
      retryable: false,
    });
  });

  it('with another manifest than the digest asked for is found out', async () => {
    const registry = await serve(
      (_, response) => void response.writeHead(200, { 'content-type': MANIFEST }).end('{}'),
    );
    await expect(resolve(`${registry.host}/app@${digestOf(BLOB)}`)).rejects.toMatchObject({
      code: 'image_digest_mismatch',
    });
  });

  it.each([
    ['a huge manifest', Buffer.alloc(5 * 1024 ** 2, ' '), 'image_too_large'],
    ['a manifest that is no JSON', Buffer.from('<html>'), 'image_manifest_invalid'],
    ['a manifest without layers', Buffer.from('{"schemaVersion":2}'), 'image_manifest_invalid'],
    ['a Helm chart', artifact('application/vnd.cncf.helm.config.v1+json'), 'image_unsupported'],
    [
      'a huge configuration',
      artifact('application/vnd.oci.image.config.v1+json', 2 ** 40),
      'image_too_large',
    ],
  ])('with %s is refused', async (_, manifest, code) => {
    const registry = await serve(
      (_, response) => void response.writeHead(200, { 'content-type': MANIFEST }).end(manifest),
    );
    await expect(resolve(`${registry.host}/app`)).rejects.toMatchObject({ code, retryable: false });
  });
});

function artifact(mediaType: string, size = 2): Buffer {
  const digest = `sha256:${createHash('sha256').update('{}').digest('hex')}`;
  return Buffer.from(JSON.stringify({ schemaVersion: 2, config: { mediaType, digest, size }, layers: [] }));
}

it('an oci: layout outside the allowed directories is refused', async () => {
  const [allowed, other] = [await directory(), await helloLayout()];
  const policy = { ...POLICY, layoutRoots: [allowed] };
  await expect(open(`oci:${other}`, undefined, policy)).rejects.toMatchObject({ code: 'registry_forbidden' });
  await run('ln', '-s', other, join(allowed, 'link'));
  await expect(open(`oci:${allowed}/link`, undefined, policy)).rejects.toMatchObject({
    code: 'registry_forbidden',
  });
});
