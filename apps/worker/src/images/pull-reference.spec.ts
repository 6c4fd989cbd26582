import type { MachineConfig } from '@bulkhead/domain';
import { pullReference } from './pull-reference.js';

const digest = `sha256:${'a'.repeat(64)}`;
const guest = { cpu_kind: 'shared', cpus: 1, memory_mb: 256 } as const;
const config = (image: string): MachineConfig => ({ image, guest, resolved_image: { digest, labels: {} } });

it.each([
  ['nginx', `registry-1.docker.io/library/nginx:latest@${digest}`],
  ['registry.example:5000/team/app:v1', `registry.example:5000/team/app:v1@${digest}`],
  [`registry.example/app@sha256:${'b'.repeat(64)}`, `registry.example/app@${digest}`],
  ['oci:/images/hello:latest', `oci:/images/hello:latest@${digest}`],
])('%s is pulled by the digest it stood for', (image, expected) => {
  expect(pullReference(config(image))).toBe(expected);
});

it('what was never looked up is pulled as it was named', () => {
  expect(pullReference({ image: 'nginx:1', guest })).toBe('nginx:1');
});
