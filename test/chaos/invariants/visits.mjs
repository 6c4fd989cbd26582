import assert from 'node:assert/strict';

/** No request failed. @param {import('../load/visits.mjs').Visit[]} visits */
export function assertNoneFailed(visits, during) {
  assert.ok(visits.length > 0, `nobody came ${during}`);
  const failed = visits.filter(({ problem }) => problem);
  const kinds = [...new Set(failed.map(({ app, problem }) => `${app}: ${problem}`))];
  assert.equal(
    failed.length,
    0,
    `${failed.length} of ${visits.length} requests failed ${during}: ${kinds.join('; ')}`,
  );
}

/**
 * Once a newer boot of a machine has answered, an older one gets no request any more: of two copies never both are asked.
 * @param {import('../load/visits.mjs').Visit[]} visits
 */
export function assertOneGenerationAnswers(visits) {
  const machines = new Map();
  for (const visit of visits)
    if (visit.machine) machines.set(visit.machine, [...(machines.get(visit.machine) ?? []), visit]);
  for (const [machine, answered] of machines) {
    const firstAnswer = new Map();
    for (const { boot, endedAt } of answered)
      firstAnswer.set(boot, Math.min(firstAnswer.get(boot) ?? Infinity, endedAt));
    const order = [...firstAnswer].sort(([, a], [, b]) => a - b).map(([boot]) => boot);
    for (const { boot, sentAt } of answered) {
      const newer = order.slice(order.indexOf(boot) + 1).find((other) => firstAnswer.get(other) < sentAt);
      assert.equal(newer, undefined, `${machine}: boot ${boot} got a request after ${newer} had answered`);
    }
  }
}
