import fc from 'fast-check';
import { formatGoDuration, parseGoDuration } from './go-duration.js';
import { GUEST_SIZES } from './guest-size.js';
import {
  isNotOffered,
  machineConfigRequest,
  storedMachineConfig,
  toShownConfig,
  toStoredConfig,
  type OpenMachineConfig,
} from './machine-config.js';

const parse = (config: Record<string, unknown>) =>
  machineConfigRequest.safeParse({ image: 'nginx', ...config });
const problems = (config: Record<string, unknown>) =>
  (parse(config).error?.issues ?? []).map((issue) => issue.path.join('.'));

const label = fc.stringMatching(/^[a-z][a-z0-9_]{0,10}$/);
const ascii = fc.string({ unit: 'grapheme-ascii', maxLength: 40 });
const duration = fc.oneof(
  fc.integer({ min: 1_000_000_000, max: 60_000_000_000 }),
  fc.integer({ min: 1, max: 59 }).map((seconds) => `${seconds}s`),
);
const optional = <T extends Record<string, fc.Arbitrary<unknown>>>(parts: T) =>
  fc.record(parts, { requiredKeys: [] });

const configs = fc.record(
  {
    image: fc.constantFrom('nginx', 'registry.example:5000/a/b:1@sha256:00', 'oci:/srv/images/hello'),
    size: fc.constantFrom(...GUEST_SIZES),
    env: fc.dictionary(label, ascii, { maxKeys: 8 }),
    init: optional({ cmd: fc.array(ascii, { maxLength: 4 }), tty: fc.boolean() }),
    files: fc.array(
      fc.record({
        guest_path: label.map((name) => `/etc/${name}`),
        raw_value: fc.base64String({ maxLength: 40 }),
      }),
      { maxLength: 3 },
    ),
    services: fc.array(
      fc.record(
        {
          protocol: fc.constantFrom('tcp', 'udp'),
          internal_port: fc.integer({ min: 1, max: 65535 }),
          autostop: fc.constantFrom(true, false, 'off', 'stop', 'suspend'),
          ports: fc.array(fc.record({ port: fc.integer({ min: 1, max: 65535 }) }), { maxLength: 3 }),
          checks: fc.array(fc.record({ type: fc.constantFrom('tcp', 'http'), interval: duration }), {
            maxLength: 2,
          }),
        },
        { requiredKeys: ['protocol', 'internal_port'] },
      ),
      { maxLength: 3 },
    ),
    metadata: fc.dictionary(label, ascii, { maxKeys: 5 }),
    stop_config: optional({ timeout: duration, signal: fc.constantFrom('SIGTERM', 'SIGINT') }),
  },
  { requiredKeys: ['image'] },
);

describe('machineConfigRequest', () => {
  it('reads its own output back unchanged, so that what a client reads it can send again', () => {
    fc.assert(
      fc.property(configs, (config) => {
        const once = machineConfigRequest.parse(config);
        expect(machineConfigRequest.parse(JSON.parse(JSON.stringify(once)))).toEqual(once);
      }),
    );
  });

  it('answers any JSON with a result, never with an exception', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        (value) => typeof machineConfigRequest.safeParse(value).success === 'boolean',
      ),
    );
  });

  it('refuses a field it does not know at any depth and names its path', () => {
    const unknownKeys = (config: Record<string, unknown>) =>
      (parse(config).error?.issues ?? []).flatMap((issue) =>
        issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key].join('.')) : [],
      );
    expect(unknownKeys({ nonsense: 1 })).toEqual(['nonsense']);
    expect(unknownKeys({ services: [{ protocol: 'tcp', internal_port: 80, colour: 'red' }] })).toEqual([
      'services.0.colour',
    ]);
    expect(unknownKeys({ guest: { gpus: 1 } })).toEqual(['guest.gpus']);
    expect(isNotOffered('guest.gpus')).toBe(true);
    expect(isNotOffered('nonsense')).toBe(false);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['a port of 0', { services: [{ protocol: 'tcp', internal_port: 0 }] }, 'services.0.internal_port'],
    [
      'a port and a range',
      { services: [{ protocol: 'tcp', internal_port: 1, ports: [{ port: 1, start_port: 1, end_port: 2 }] }] },
      'services.0.ports.0',
    ],
    [
      'a range backwards',
      { services: [{ protocol: 'tcp', internal_port: 1, ports: [{ start_port: 9, end_port: 2 }] }] },
      'services.0.ports.0',
    ],
    [
      'soft above hard',
      { services: [{ protocol: 'tcp', internal_port: 1, concurrency: { soft_limit: 9, hard_limit: 2 } }] },
      'services.0.concurrency',
    ],
    ['a variable with =', { env: { 'A=B': '1' } }, 'env.A=B'],
    ['a NUL in a value', { env: { A: 'a\0b' } }, 'env.A'],
    ['a number as a value', { env: { A: 1 } }, 'env.A'],
    [
      'too much env',
      { env: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`A${i}`, 'x'.repeat(2000)])) },
      'env',
    ],
    ['a relative file path', { files: [{ guest_path: 'etc/x', raw_value: '' }] }, 'files.0.guest_path'],
    ['a climbing file path', { files: [{ guest_path: '/etc/../x', raw_value: '' }] }, 'files.0.guest_path'],
    ['a file that is no base64', { files: [{ guest_path: '/x', raw_value: '***' }] }, 'files.0.raw_value'],
    ['a space in a check path', { checks: { a: { type: 'http', port: 1, path: '/ x' } } }, 'checks.a.path'],
    [
      'a header with a line break',
      { checks: { a: { type: 'http', port: 1, headers: [{ name: 'x', values: ['a\r\nb'] }] } } },
      'checks.a.headers.0.values.0',
    ],
    [
      'an interval in no unit',
      { checks: { a: { type: 'tcp', port: 1, interval: '15' } } },
      'checks.a.interval',
    ],
    [
      'an interval below the least',
      { checks: { a: { type: 'tcp', port: 1, interval: '1ms' } } },
      'checks.a.interval',
    ],
    ['an image with spaces', { image: 'a b' }, 'image'],
    ['an image like an option', { image: '--config=/etc/x' }, 'image'],
    ['a guest with 3 cpus', { guest: { cpu_kind: 'shared', cpus: 3 } }, 'guest'],
    ['too little memory', { guest: { cpu_kind: 'performance', cpus: 1, memory_mb: 256 } }, 'guest'],
    ['uneven memory', { guest: { memory_mb: 300 } }, 'guest'],
    ['an unknown size', { size: 'huge' }, 'size'],
  ])('refuses %s', (_what, config, path) => {
    expect(problems(config)).toContain(path);
  });

  it.each([
    [{}, { cpu_kind: 'shared', cpus: 1, memory_mb: 256 }],
    [{ size: 'shared-cpu-4x' }, { cpu_kind: 'shared', cpus: 4, memory_mb: 1024 }],
    [{ size: 'performance-2x' }, { cpu_kind: 'performance', cpus: 2, memory_mb: 4096 }],
    [
      { size: 'shared-cpu-2x', guest: { memory_mb: 1024 } },
      { cpu_kind: 'shared', cpus: 2, memory_mb: 1024 },
    ],
    [{ guest: { cpus: 2 } }, { cpu_kind: 'shared', cpus: 2, memory_mb: 512 }],
  ])('fills the guest in from %j', (asked, guest) => {
    expect(parse(asked).data).toEqual({ image: 'nginx', guest });
  });

  it('answers autostop and durations in the words the API answers', () => {
    const config = parse({
      services: [{ protocol: 'tcp', internal_port: 80, autostop: 'stop' }],
      stop_config: { timeout: 90_000_000_000 },
    });
    expect(config.data).toMatchObject({ services: [{ autostop: true }], stop_config: { timeout: '1m30s' } });
  });
});

describe('stored and shown configurations', () => {
  const open = (part: unknown) => (part as { $plain?: unknown }).$plain;

  it('gives every part back to a reader, through the stored form', () => {
    fc.assert(
      fc.property(configs, (config) => {
        const request = machineConfigRequest.parse(config);
        const stored = storedMachineConfig.parse(JSON.parse(JSON.stringify(toStoredConfig(request))));
        expect(toShownConfig(stored, open)).toEqual(request);
      }),
    );
  });

  it('has no plain secret part outside its seal', () => {
    const config: OpenMachineConfig = machineConfigRequest.parse({ image: 'a', env: { KEY: 'hunter2' } });
    expect(toStoredConfig(config).env).toEqual({ $plain: { KEY: 'hunter2' } });
    expect(storedMachineConfig.safeParse({ ...config }).success).toBe(false);
  });

  it('leaves out what was erased', () => {
    const stored = {
      ...toStoredConfig(machineConfigRequest.parse({ image: 'a' })),
      env: { $erased: true as const },
    };
    expect(toShownConfig(storedMachineConfig.parse(stored), () => undefined)).not.toHaveProperty('env');
  });
});

describe('Go durations', () => {
  it.each([
    ['0', 0, '0s'],
    ['15s', 15e9, '15s'],
    ['1m30s', 90e9, '1m30s'],
    ['1.5h', 5400e9, '1h30m0s'],
    ['2h', 7200e9, '2h0m0s'],
    ['100ms', 100e6, '100ms'],
    ['1.5s', 1.5e9, '1.5s'],
    ['.5us', 500, '500ns'],
    ['175200h0m0s', null, null],
    ['', null, null],
    ['15', null, null],
    ['-1s', null, null],
    ['1s 2s', null, null],
  ])('reads %j', (text, nanoseconds, written) => {
    expect(parseGoDuration(text)).toBe(nanoseconds);
    if (nanoseconds !== null) expect(formatGoDuration(nanoseconds)).toBe(written);
  });

  it('writes what it reads back as the same time', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (nanoseconds) => {
        expect(parseGoDuration(formatGoDuration(nanoseconds))).toBe(nanoseconds);
      }),
    );
  });
});
