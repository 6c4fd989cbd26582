import { SpanKind, metrics } from '@opentelemetry/api';
import type { HostMachineRow } from '@bulkhead/contracts';
import { inSpan } from '@bulkhead/journal';
import type { ImageStore, LocalImage } from '../images/index.js';
import { pullReference } from '../images/pull-reference.js';
import type { PullCredentials } from '../images/vault-credentials.js';
import type { MachineRuntime, Vm } from '../runtime/runtime.js';
import { bootSpec, type OpenedRow } from './guest-spec.js';

/** What a VM is started with. */
export interface Starter {
  readonly runtime: Pick<MachineRuntime, 'boot' | 'resume' | 'discardSnapshot'>;
  readonly images: Pick<ImageStore, 'ensure'>;
  readonly credentials: PullCredentials;
  /** Opens what the scheduler sealed to this host's key. */
  readonly open: (row: HostMachineRow) => OpenedRow;
}

export interface StartedVm {
  readonly vm: Vm;
  readonly image: LocalImage;
}

/** Brings up what a row asks for: its image first, then its VM, booted afresh or continued from its snapshot. */
export async function startVm(
  how: 'boot' | 'resume',
  desired: HostMachineRow,
  { runtime, images, credentials, open }: Starter,
): Promise<StartedVm> {
  const row = open(desired);
  const image = await inner('image', () =>
    images.ensure(pullReference(row.config), {
      holder: desired.machine,
      credentials: () => credentials(desired, row.config),
    }),
  );
  if (how === 'boot') await runtime.discardSnapshot(desired.machine);
  const spec = bootSpec(desired, row, image);
  return { image, vm: await timed(how, () => runtime[how](spec)) };
}

/** A part of what is being done. */
const inner = <T>(name: string, work: () => Promise<T>): Promise<T> =>
  inSpan(name, SpanKind.INTERNAL, {}, work);

/** A VM's start, which `/metrics` tells of too. */
async function timed(how: 'boot' | 'resume', start: () => Promise<Vm>): Promise<Vm> {
  const seconds = metrics.getMeter('bulkhead').createHistogram('bulkhead_worker_boot_seconds', {
    description: 'How long a VM took to boot or to resume, by how it ended.',
    unit: 's',
    advice: { explicitBucketBoundaries: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] },
  });
  const begun = performance.now();
  let outcome = 'failed';
  try {
    const vm = await inner(how, start);
    outcome = 'ok';
    return vm;
  } finally {
    seconds.record((performance.now() - begun) / 1_000, { how, outcome });
  }
}
