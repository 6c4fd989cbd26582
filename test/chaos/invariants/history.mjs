import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Every projection, made again from position 0 beside its live tables, is the same row by row. */
export async function assertNoDrift(bulkhead) {
  const projections = JSON.parse((await bulkhead(['--json', 'replay', '--list'])).out);
  assert.ok(projections.length >= 5, 'projections are listed');
  for (const { name, state } of projections) {
    const { exitCode, out, err } = await bulkhead(['replay', name]);
    assert.equal(exitCode, 0, `${name} (${state}): ${out}${err}`);
  }
}

/** The audit log proves itself, whole, and against a head that was kept before the fault. */
export class KeptHead {
  #directory = mkdtempSync(path.join(tmpdir(), 'bulkhead-chaos-'));
  #bulkhead;

  constructor(bulkhead) {
    this.#bulkhead = bulkhead;
  }

  async keep() {
    await this.#run(['audit', 'head', '--save', this.#file('head.json')]);
    return this;
  }

  async assertProven() {
    const place = this.#file('export');
    rmSync(place, { recursive: true, force: true });
    await this.#run(['audit', 'export', place]);
    const out = await this.#run(['audit', 'verify', place, '--trusted-head', this.#file('head.json')]);
    assert.match(out, /^Proven/);
  }

  forget() {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #file(name) {
    return path.join(this.#directory, name);
  }

  async #run(args) {
    const { exitCode, out, err } = await this.#bulkhead(args);
    assert.equal(exitCode, 0, `bulkhead ${args.join(' ')}: ${out}${err}`);
    return out;
  }
}
