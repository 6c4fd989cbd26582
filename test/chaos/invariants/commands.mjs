import assert from 'node:assert/strict';

const SHOWN = 5;

/** How often each wish was carried out, by its mark, as the journals' own bytes say. */
async function effects(store) {
  const bodies = await store.rows(
    `select convert_from(body, 'utf8') from api.envelope union all select convert_from(body, 'utf8') from scheduler.envelope`,
  );
  const counts = new Map();
  const count = (kind, mark) => counts.set(`${kind} ${mark}`, (counts.get(`${kind} ${mark}`) ?? 0) + 1);
  for (const { aggregate, events } of bodies.map((body) => JSON.parse(body)))
    for (const { type, data } of events) {
      if (type === 'AppCreated') count('create-app', data.name);
      if (type === 'MachineCreated') count('create-machine', data.config.metadata?.mark);
      if (type === 'MachineMetadataChanged') count('set-metadata', data.metadata.value);
      if (type === 'MachineDestroyRequested') count('destroy-machine', aggregate.id);
    }
  return counts;
}

const effectOf = ({ kind, mark, call }) =>
  `${kind} ${kind === 'destroy-machine' ? call.path.split('/')[5].split('?')[0] : mark}`;

/**
 * Every wish that was acknowledged was carried out once, every other at most once.
 * @param {import('../load/mutations.mjs').Mutation[]} made
 */
export async function assertCarriedOutOnce(made, store) {
  const counts = await effects(store);
  const wrong = made
    .map((mutation) => {
      const acknowledged = mutation.answer !== null && mutation.answer.status < 300;
      const refused = mutation.answer !== null && !acknowledged;
      return { mutation, acknowledged, refused, times: counts.get(effectOf(mutation)) ?? 0 };
    })
    .filter(({ acknowledged, refused, times }) =>
      acknowledged ? times !== 1 : refused ? times !== 0 : times > 1,
    )
    .map(({ mutation, times }) => `${told(mutation)} was carried out ${times} times`);
  assert.equal(wrong.length, 0, `${wrong.length} mutations: ${wrong.slice(0, SHOWN).join('; ')}`);
}

/** What clients were told: every wish ended in a success, since none of them is wrong. */
export function assertAnswered(made) {
  const odd = made.filter(({ answer }) => answer === null || answer.status >= 300);
  assert.equal(
    odd.length,
    0,
    `${odd.length} mutations did not succeed: ${odd.slice(0, SHOWN).map(told).join('; ')}`,
  );
}

/** The same key gets the same answer again, or, where it was lost with a database, is told so. */
export async function assertSameAnswers(sample, api, mayBeLost) {
  for (const mutation of sample) {
    const again = await api.send(mutation.call);
    if (mayBeLost(mutation) && again.json?.code === 'answer_lost') continue;
    assert.deepEqual(gist(again), gist(mutation.answer), `asked again: ${told(mutation)}`);
  }
}

/** What stays of an answer while its object lives on. */
const gist = ({ status, json }) => ({
  status,
  id: json?.id,
  value: json?.value,
  ok: json?.ok,
  code: json?.code,
});

const told = ({ kind, mark, attempts, answer }) =>
  `${kind} ${mark} (${attempts.map(({ outcome }) => outcome).join(', ')}${
    answer && answer.status >= 300 ? ` ${answer.json?.error}` : ''
  })`;

/** What the API shows is what was acknowledged last. */
export async function assertReadable(made, api) {
  const last = new Map();
  const destroyed = new Set();
  for (const { kind, call, answer } of made) {
    if (answer === null || answer.status >= 300) continue;
    const [, , , app, , machine] = call.path.split('?')[0].split('/');
    if (kind === 'create-machine')
      last.set(answer.json.id, { app, values: { mark: call.body.config.metadata.mark } });
    if (kind === 'set-metadata') last.get(machine).values.value = call.body.value;
    if (kind === 'destroy-machine') destroyed.add(machine);
  }
  for (const [machine, { app, values }] of last) {
    const shown = await api.get(`/v1/apps/${app}/machines/${machine}`);
    assert.deepEqual(shown.config.metadata, values, `metadata of ${machine}`);
    assert.equal(/^destroy/.test(shown.state), destroyed.has(machine), `${machine} is ${shown.state}`);
  }
}
