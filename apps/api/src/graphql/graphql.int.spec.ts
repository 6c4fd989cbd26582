import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  buildClientSchema,
  buildSchema,
  getIntrospectionQuery,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { startTestPlatform, type TestPlatform } from '../testing/test-platform.js';
import { graphqlSchema, rootFields, SCHEMA_FILE } from './schema.js';

let platform: TestPlatform;
let machine: string;
const tokens: Record<'full' | 'read' | 'foreign', string> = { full: '', read: '', foreign: '' };

const tokenFor = async (slug: string, access: string) =>
  (await platform.call('POST', `/api/v1/organizations/${slug}/tokens`, { body: { name: access, access } }))
    .json.token;

beforeAll(async () => {
  platform = await startTestPlatform();
  await platform.call('POST', '/api/v1/organizations', { body: { name: 'others' } });
  await platform.call('POST', '/v1/apps', { body: { name: 'web', org_slug: 'personal' } });
  const body = { config: { image: 'nginx', env: { SECRET: 'hunter2' } } };
  machine = (await platform.call('POST', '/v1/apps/web/machines', { body })).json.id;
  await platform.call('GET', `/v1/apps/web/machines/${machine}/wait?timeout=10`);
  tokens.full = await tokenFor('personal', 'full');
  tokens.read = await tokenFor('personal', 'read');
  tokens.foreign = await tokenFor('others', 'full');
}, 60_000);
afterAll(() => platform.stop());

interface Options {
  readonly token?: string | null;
  readonly variables?: object;
  readonly headers?: Readonly<Record<string, string>>;
}
const ask = async (query: string, { variables, ...options }: Options = {}) => {
  const answer = await platform.call('POST', '/graphql', { body: { query, variables }, ...options });
  expect(answer.status).toBe(200);
  return answer.json;
};
const data = async (query: string, options: Options = {}) => {
  const answer = await ask(query, options);
  expect(answer.errors).toBeUndefined();
  return answer.data;
};

describe('the schema', () => {
  it('is the committed one', async () => {
    const committed = printSchema(lexicographicSortSchema(buildSchema(readFileSync(SCHEMA_FILE, 'utf8'))));
    expect(printSchema(lexicographicSortSchema(graphqlSchema()))).toBe(committed);
    const served = buildClientSchema(await data(getIntrospectionQuery()));
    expect(printSchema(lexicographicSortSchema(served))).toBe(committed);
  });

  const sdl = readFileSync(SCHEMA_FILE, 'utf8');
  it.each<[string, (text: string) => string, RegExp]>([
    [
      'a root field states no access',
      (text) => text.replace(/app\(name: String!\): App @requires\([^)]*\)/, 'app(name: String!): App'),
      /Queries\.app states no required access/,
    ],
    [
      'a type states no access',
      (text) => text.replace(/type Region @requires\([^)]*\)/, 'type Region'),
      /Region states no required access/,
    ],
    [
      'a field states another access than its resolver',
      (text) =>
        text.replace(
          'app(name: String!): App @requires(action: READ, on: APP)',
          'app(name: String!): App @requires(action: READ, on: CALLER)',
        ),
      /Queries\.app states read on caller, its resolver read on app/,
    ],
    [
      'a root field has no resolver',
      (text) =>
        text.replace('type Queries {', 'type Queries {\n  extra: String @requires(action: READ, on: CALLER)'),
      /Queries\.extra has no resolver/,
    ],
  ])('does not start where %s', (_what, change, error) => {
    expect(change(sdl)).not.toBe(sdl);
    expect(() => graphqlSchema(change(sdl))).toThrow(error);
  });
});

describe('what existing clients ask', () => {
  it.each<[string, string, object, object]>([
    [
      'auth whoami',
      'query{viewer{... on User{id email enablePaidHobby}... on Macaroon{email}}}',
      {},
      { viewer: { email: expect.stringMatching(/^tok_/) } },
    ],
    [
      'orgs list',
      'query($admin:Boolean!){organizations(admin:$admin){nodes{id slug rawSlug name type paidPlan billable viewerRole internalNumericId}}}',
      { admin: false },
      {
        organizations: {
          nodes: expect.arrayContaining([
            expect.objectContaining({ slug: 'personal', type: 'PERSONAL', internalNumericId: '1' }),
          ]),
        },
      },
    ],
    [
      'an organization',
      'query($slug:String!){organization(slug:$slug){id slug name type viewerRole}}',
      { slug: 'personal' },
      { organization: { slug: 'personal', viewerRole: 'admin' } },
    ],
    [
      'an app',
      'query($name:String!){appcompact:app(name:$name){id internalNumericId name hostname deployed network status appUrl platformVersion organization{id internalNumericId slug paidPlan}}}',
      { name: 'web' },
      {
        appcompact: {
          id: 'web',
          name: 'web',
          hostname: 'web.apps.example',
          appUrl: 'https://web.apps.example',
          deployed: true,
          status: 'deployed',
          platformVersion: 'machines',
          organization: { slug: 'personal' },
        },
      },
    ],
    [
      'basic facts of an app',
      'query($name:String!){appbasic:app(name:$name){id name platformVersion organization{id internalNumericId slug rawSlug paidPlan}}}',
      { name: 'web' },
      { appbasic: { name: 'web' } },
    ],
    [
      'apps',
      'query($org:ID,$after:String){apps(type:"container",first:200,after:$after,organizationId:$org){pageInfo{hasNextPage endCursor}nodes{id name deployed hostname platformVersion organization{slug name}status}}}',
      {},
      { apps: { pageInfo: { hasNextPage: false }, nodes: [{ name: 'web' }] } },
    ],
    [
      'regions',
      'query{platform{requestRegion regions{name code latitude longitude gatewayAvailable requiresPaidPlan}}}',
      {},
      { platform: { requestRegion: 'dev', regions: [{ code: 'dev', requiresPaidPlan: false }] } },
    ],
    [
      'tokens',
      'query($slug:String!){orgLimitedAccessTokens:organization(slug:$slug){limitedAccessTokens{nodes{id name expiresAt revokedAt user{email}}}}}',
      { slug: 'personal' },
      { orgLimitedAccessTokens: { limitedAccessTokens: { nodes: [{ name: 'read' }, { name: 'full' }] } } },
    ],
  ])('is answered: %s', async (_what, query, variables, expected) => {
    expect(await data(query, { variables })).toMatchObject(expected);
  });

  it('finds a machine by its id alone', async () => {
    const found = await data(
      'query($id:String!){gqlmachine:machine(machineId:$id){id name state config app{name organization{id slug}}ips{nodes{family kind ip maskSize}}host{id}events(first:2){nodes{kind status}}}}',
      { variables: { id: machine } },
    );
    expect(found.gqlmachine).toMatchObject({
      id: machine,
      state: 'started',
      config: { image: 'nginx', env: { SECRET: 'hunter2' } },
      app: { name: 'web', organization: { slug: 'personal' } },
      ips: { nodes: [{ family: 'v6', kind: 'privatenet', ip: 'fdaa:0:1:a7b:1::2' }] },
      events: { nodes: [{ kind: 'start', status: 'started' }, { kind: 'place' }] },
    });
  });

  it('is told what was not found in the words it looks for', async () => {
    const answer = await ask('query{app(name:"nowhere"){id}}');
    expect(answer.errors[0]).toMatchObject({
      message: 'Could not find App',
      extensions: { code: 'NOT_FOUND', bulkhead_code: 'not_found' },
    });
    expect(answer.data).toEqual({ app: null });
  });
});

describe('lists', () => {
  it('come page by page', async () => {
    for (const name of ['a1', 'a2', 'a3'])
      await platform.call('POST', '/v1/apps', { body: { name, org_slug: 'personal' } });
    const names: string[] = [];
    for (let after: string | null = null; ;) {
      const { apps } = await data(
        'query($after:String){apps(first:2,after:$after){nodes{name}pageInfo{hasNextPage endCursor}}}',
        { variables: { after } },
      );
      names.push(...apps.nodes.map(({ name }: { name: string }) => name));
      if (!apps.pageInfo.hasNextPage) break;
      after = apps.pageInfo.endCursor;
    }
    expect(names).toEqual(['a1', 'a2', 'a3', 'web']);
  });

  it('show hosts to the operator alone', async () => {
    const query =
      '{hosts{nodes{id name region status cordoned labels capacity{cpus memoryMb} used{cpus} machineCount}}}';
    expect((await data(query)).hosts.nodes).toEqual([
      expect.objectContaining({
        name: 'worker-1',
        region: 'dev',
        status: 'ready',
        capacity: { cpus: 8, memoryMb: 16384 },
        labels: { zone: 'a' },
      }),
    ]);
    expect((await ask(query, { token: tokens.full })).errors[0].extensions.code).toBe('FORBIDDEN');
  });

  it('show the events of a journal, without what is sealed', async () => {
    const query =
      'query($after:String){events(journal:SCHEDULER,aggregate:"machine/ID",first:1,after:$after){nodes{type position organizationId actor{kind id} data}pageInfo{hasNextPage endCursor}}}'.replace(
        'ID',
        machine,
      );
    const first = (await data(query)).events;
    expect(first.nodes[0]).toMatchObject({
      type: 'MachineCreated',
      data: { config: { image: 'nginx', env: { $sealed: true } } },
    });
    const second = (await data(query, { variables: { after: first.pageInfo.endCursor } })).events;
    expect(second.nodes[0]).toMatchObject({ type: 'MachinePlaced', data: { address: { $sealed: true } } });
  });
});

describe('mutations', () => {
  it('create, stop, start and remove', async () => {
    const made = await data(
      'mutation($o:ID!){createApp(input:{organizationId:$o,name:"mut"}){app{name organization{slug}}}}',
      { variables: { o: 'personal' } },
    );
    expect(made.createApp.app).toEqual({ name: 'mut', organization: { slug: 'personal' } });
    const { json } = await platform.call('POST', '/v1/apps/mut/machines', {
      body: { config: { image: 'nginx' } },
    });
    await platform.call('GET', `/v1/apps/mut/machines/${json.id}/wait?timeout=10`);
    const variables = { i: { appId: 'mut', id: json.id } };
    const stopped = await data('mutation($i:StopMachineInput!){stopMachine(input:$i){machine{id state}}}', {
      variables,
    });
    expect(['stopping', 'stopped']).toContain(stopped.stopMachine.machine.state);
    await platform.call('GET', `/v1/apps/mut/machines/${json.id}/wait?state=stopped&timeout=10`);
    const started = await data('mutation($i:StartMachineInput!){startMachine(input:$i){machine{state}}}', {
      variables: { i: { id: json.id } },
    });
    expect(['starting', 'started']).toContain(started.startMachine.machine.state);
    await data('mutation($i:RemoveMachineInput!){removeMachine(input:$i){machine{id}}}', {
      variables: { i: { id: json.id, kill: true } },
    });
    expect(
      (await data('mutation{deleteApp(appId:"mut"){organization{slug}}}')).deleteApp.organization.slug,
    ).toBe('personal');
    expect((await ask('{app(name:"mut"){id}}')).errors[0].message).toBe('Could not find App');
  });

  it('happen once under one key', async () => {
    const mutation = 'mutation{createApp(input:{organizationId:"personal",name:"once"}){app{id}}}';
    const headers = { 'idempotency-key': 'one' };
    await data(mutation, { headers });
    await data(mutation, { headers });
    expect((await ask(mutation)).errors[0]).toMatchObject({
      message: 'Name has already been taken',
      extensions: { bulkhead_code: 'name_taken' },
    });
  });

  it('revoke a token', async () => {
    const { json } = await platform.call('POST', '/api/v1/organizations/personal/tokens', {
      body: { name: 'x', access: 'read' },
    });
    await data('mutation($i:DeleteLimitedAccessTokenInput!){deleteLimitedAccessToken(input:$i){token}}', {
      variables: { i: { id: json.id } },
    });
    expect((await ask('{viewer{email}}', { token: json.token })).errors[0].extensions.code).toBe(
      'UNAUTHORIZED',
    );
  });
});

describe('without a token', () => {
  it.each(['{viewer{email}}', '{__schema{types{name}}}', '{nonsense', '{nonsense}'])(
    '%s is told nothing',
    async (query) => {
      for (const token of [null, 'hunter2'])
        expect(await ask(query, { token })).toMatchObject({
          data: null,
          errors: [{ message: 'Authenticate: token validation error', extensions: { code: 'UNAUTHORIZED' } }],
        });
    },
  );
});

/** One document for each root field; a new field without one fails. */
const DOCUMENTS: Readonly<Record<string, string>> = {
  'Queries.viewer': '{viewer{email}}',
  'Queries.platform': '{platform{requestRegion}}',
  'Queries.organizations': '{organizations{nodes{slug}}}',
  'Queries.organization': '{organization(slug:"personal"){id}}',
  'Queries.apps': '{apps{nodes{name organization{slug}}}}',
  'Queries.app': '{app(name:"web"){id}}',
  'Queries.machines': '{machines{nodes{id app{name}}}}',
  'Queries.machine': '{machine(machineId:"MACHINE"){id}}',
  'Queries.hosts': '{hosts{nodes{id}}}',
  'Queries.events': '{events(journal:SCHEDULER){nodes{id organizationId}}}',
  'Mutations.createOrganization': 'mutation{createOrganization(input:{name:"fourth"}){organization{id}}}',
  'Mutations.createApp': 'mutation{createApp(input:{organizationId:"personal",name:"matrix"}){app{id}}}',
  'Mutations.deleteApp': 'mutation{deleteApp(appId:"web"){organization{id}}}',
  'Mutations.startMachine': 'mutation{startMachine(input:{id:"MACHINE"}){machine{id}}}',
  'Mutations.stopMachine': 'mutation{stopMachine(input:{id:"MACHINE"}){machine{id}}}',
  'Mutations.removeMachine': 'mutation{removeMachine(input:{id:"MACHINE"}){machine{id}}}',
  'Mutations.deleteLimitedAccessToken': 'mutation{deleteLimitedAccessToken(input:{id:"TOKEN"}){token}}',
};

describe('each root field', () => {
  const fields = rootFields().filter(({ type }) => type !== 'Subscriptions');
  const codeOf = (answer: { errors?: { extensions: { code: string } }[] }) =>
    answer.errors?.[0]?.extensions.code ?? 'OK';
  const documentOf = async (field: string) => {
    const { json } = await platform.call('GET', '/api/v1/organizations/personal/tokens');
    return (DOCUMENTS[field] ?? '').replace('MACHINE', machine).replace('TOKEN', json.tokens.at(-1).id);
  };

  it.each(fields.map(({ type, field, on, action }) => [`${type}.${field}`, on, action]))(
    '%s is for whom it says',
    async (field, on, action) => {
      const heard = platform.scheduler.heard.length;
      const document = await documentOf(field);
      const foreign = await ask(document, { token: tokens.foreign });
      const expected = { caller: 'OK', platform: 'FORBIDDEN' }[on] ?? 'NOT_FOUND';
      expect(codeOf(foreign)).toBe(expected);
      expect(JSON.stringify(foreign.data ?? {})).not.toMatch(/personal|web|"[0-9a-f]{14}"/);
      const reading = await ask(document, { token: tokens.read });
      if (on === 'platform' || action !== 'read') {
        expect(codeOf(reading)).toBe('FORBIDDEN');
        expect(platform.scheduler.heard.length).toBe(heard);
      } else expect(codeOf(reading)).toBe('OK');
    },
  );
});

describe('limits', () => {
  it.each([
    [
      'too deep',
      `{machine(machineId:"1"){${'app{organization{apps(first:1){nodes{organization{apps(first:1){nodes{'.repeat(3)}id${'}'.repeat(21)}}}`,
    ],
    ['too costly', '{apps(first:200){nodes{machines(first:200){nodes{id name state}}}}}'],
    [
      'too costly by a variable',
      'query($n:Int){apps(first:$n){nodes{machines(first:$n){nodes{id name state}}}}}',
    ],
    ['too long', `{${'viewer{email} '.repeat(3_000)}}`],
    ['a fragment within itself', 'query{apps{nodes{...F}}} fragment F on App{machines{nodes{app{...F}}}}'],
    ['a syntax tree', JSON.stringify({ kind: 'Document', definitions: [] })],
  ])('refuse a document that is %s', async (_what, query) => {
    expect((await ask(query)).errors.length).toBeGreaterThan(0);
  });

  it('refuse a page that is too large', async () => {
    expect((await ask('{apps(first:201){nodes{id}}}')).errors[0].extensions.code).toBe('INVALID_ARGUMENTS');
    expect((await ask('{apps(after:"nonsense"){nodes{id}}}')).errors[0].extensions.bulkhead_code).toBe(
      'invalid_cursor',
    );
  });
});

describe('subscriptions', () => {
  const open = async (token: string | null, query: string) => {
    const socket = new WebSocket(`${platform.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    const received: { type: string; payload?: any }[] = []; // eslint-disable-line @typescript-eslint/no-explicit-any -- as with answers
    let heard = Promise.withResolvers<void>();
    socket.addEventListener('message', ({ data: text }) => {
      received.push(JSON.parse(String(text)));
      heard.resolve();
    });
    const next = async (type: string) => {
      for (;;) {
        const index = received.findIndex((message) => message.type === type);
        if (index >= 0) return received.splice(index, 1)[0];
        const over = received.find((message) => ['error', 'complete'].includes(message.type));
        if (over) throw new Error(`instead of ${type} came ${JSON.stringify(over)}`);
        await heard.promise;
        heard = Promise.withResolvers<void>();
      }
    };
    const send = (message: object) => socket.send(JSON.stringify(message));
    send({ type: 'connection_init', payload: token === null ? {} : { authorization: `Bearer ${token}` } });
    await next('connection_ack');
    send({ id: '1', type: 'subscribe', payload: { query } });
    return { socket, next };
  };

  /** What changes before a subscription has begun is not told: changes the machine until it is. */
  const whileChanging = async <T>(told: Promise<T>): Promise<T> => {
    let over = false;
    const end = () => void (over = true);
    // A subscription that ends with an error ends the changes too, so that the error is what the test fails with.
    void told.then(end, end);
    for (let count = 0; !over; count++)
      await platform.call(
        'POST',
        `/v1/apps/web/machines/${machine}/${count % 2 === 0 ? 'cordon' : 'uncordon'}`,
      );
    return told;
  };

  it('tell of machines as they change', async () => {
    const { socket, next } = await open(tokens.read, 'subscription{machineChanged(appName:"web"){id state}}');
    expect((await whileChanging(next('next')))?.payload.data.machineChanged).toMatchObject({ id: machine });
    socket.close();
  });

  it('tell of events of what the token may see', async () => {
    const { socket, next } = await open(
      tokens.full,
      'subscription{eventAdded(journal:SCHEDULER){type aggregate}}',
    );
    expect((await whileChanging(next('next')))?.payload.data.eventAdded).toEqual({
      type: expect.stringMatching(/^Machine(Unc|C)ordoned$/),
      aggregate: `machine/${machine}`,
    });
    socket.close();
  });

  it.each([
    ['nobody', null, 'Authenticate: token validation error'],
    ['a foreign organization', 'foreign', 'Could not find App'],
  ] as const)('are refused to %s', async (_who, role, message) => {
    const token = role === null ? null : tokens[role];
    const { socket, next } = await open(token, 'subscription{machineChanged(appName:"web"){id}}');
    const refused = await next('error');
    expect(JSON.stringify(refused)).toContain(message);
    socket.close();
  });

  it('are looked at before they are carried out', async () => {
    const { socket, next } = await open(tokens.full, 'subscription{machineChanged(appName:"web"){nonsense}}');
    expect(JSON.stringify(await next('error'))).toContain('nonsense');
    socket.close();
  });
});
