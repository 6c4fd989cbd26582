import { describe, expect, it } from '@jest/globals';
import { newOrganizationId } from '@bulkhead/contracts';
import { FakeClock, MemoryDataKeys } from '@bulkhead/testing';
import fc from 'fast-check';
import { openLeaves, sealLeaves } from './leaves.js';
import { DataKeySealer, ERASED, KEY_MEMORY_MS } from './sealer.js';

const [ours, theirs] = [newOrganizationId(), newOrganizationId()];

const make = () => {
  const keys = new MemoryDataKeys();
  const clock = new FakeClock();
  return { keys, clock, sealer: new DataKeySealer(keys, clock) };
};

describe('sealing', () => {
  it('opens what it sealed, for the same organization only', async () => {
    const { sealer } = make();
    const sealed = await sealer.seal(ours, { TOKEN: 'hunter2' });
    expect(sealed).not.toContain('hunter2');
    expect(await sealer.open(ours, sealed)).toEqual({ TOKEN: 'hunter2' });
    await expect(sealer.open(theirs, sealed)).rejects.toMatchObject({ code: 'sealed_value_invalid' });
  });

  it('never seals the same twice alike', async () => {
    const { sealer } = make();
    expect(await sealer.seal(ours, 'x')).not.toBe(await sealer.seal(ours, 'x'));
  });

  it('refuses a value of which any character was changed', async () => {
    const { sealer } = make();
    const sealed = await sealer.seal(ours, 'value');
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), fc.constantFrom(...'Aa0_-.'), async (at, character) => {
        const changed = sealed.slice(0, at) + character + sealed.slice(at + 1);
        // The last character of base64url may hold bits that mean nothing.
        fc.pre(changed !== sealed && at < sealed.length - 1);
        await expect(sealer.open(ours, changed)).rejects.toMatchObject({ code: 'sealed_value_invalid' });
      }),
      { numRuns: 50 },
    );
  });

  it('refuses any other text', async () => {
    const { sealer } = make();
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.base64String().map((text) => `v1.key.${text}`),
        ),
        async (text) => {
          await expect(sealer.open(ours, text)).rejects.toMatchObject({ code: 'sealed_value_invalid' });
        },
      ),
      { numRuns: 50 },
    );
  });

  it('keeps a key for five minutes, and drops it at its destruction', async () => {
    const { keys, clock, sealer } = make();
    const sealed = await sealer.seal(ours, 'x');
    keys.away = true;
    clock.advance(KEY_MEMORY_MS - 1);
    expect(await sealer.open(ours, sealed)).toBe('x');
    clock.advance(1);
    await expect(sealer.open(ours, sealed)).rejects.toMatchObject({ retryable: true });
    keys.away = false;
    expect(await sealer.open(ours, sealed)).toBe('x');
    keys.destroy(ours);
    sealer.forget(ours);
    expect(await sealer.open(ours, sealed)).toBe(ERASED);
    await expect(sealer.seal(ours, 'y')).rejects.toMatchObject({ code: 'data_key_destroyed', status: 410 });
  });

  it('gives the same digest after a restart, another for other content, and none without the key', async () => {
    const { keys, sealer } = make();
    const digest = await sealer.digest('content');
    expect(await new DataKeySealer(keys).digest('content')).toEqual(digest);
    expect(await sealer.digest('contents')).not.toEqual(digest);
    keys.away = true;
    await expect(new DataKeySealer(keys).digest('content')).rejects.toMatchObject({ retryable: true });
  });
});

describe('the leaves of an event', () => {
  const leaf = fc.record({ $plain: fc.jsonValue({ maxDepth: 2 }) });
  const tree = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.string({ maxLength: 8 }),
      fc.integer(),
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(
        fc.string({ minLength: 1, maxLength: 6 }).filter((key) => !/^(\$.*|__proto__)$/.test(key)),
        tie('value'),
        { maxKeys: 4 },
      ),
    ),
  })).value;

  it('are all sealed, come back as they were, and are all erased with the key', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (value) => {
        const { keys, sealer } = make();
        const sealed = await sealLeaves(sealer, ours, value);
        const text = JSON.stringify(sealed);
        expect(text).not.toContain('"$plain"');
        expect(await openLeaves(sealer, ours, sealed)).toEqual(value);
        keys.destroy(ours);
        sealer.forget(ours);
        expect(JSON.stringify(await openLeaves(sealer, ours, sealed))).not.toContain('$sealed');
      }),
      { numRuns: 60 },
    );
  });
});
