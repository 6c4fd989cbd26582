import { constants } from 'node:os';
import type { HostMachineRow } from '@bulkhead/contracts';
import { goDurationMs } from '@bulkhead/contracts/go-duration';
import type { GuestFile, InitOverrides, MachineConfig, Sealed } from '@bulkhead/domain';
import type { ImageConfig } from '@bulkhead/images';
import { hostEnd } from '@bulkhead/network';
import type { LocalImage } from '../images/index.js';
import type { BootSpec, GuestConfiguration } from '../runtime/runtime.js';

/** What a host's feed row holds under its seal. */
export interface OpenedRow {
  readonly config: MachineConfig;
  /** The machine's 6PN address. */
  readonly address: string;
}

/** Everything a runtime needs to boot one machine. */
export function bootSpec(row: HostMachineRow, { config, address }: OpenedRow, image: LocalImage): BootSpec {
  return {
    machine: row.machine,
    instance: row.instance,
    rootfs: image.path,
    cpus: config.guest.cpus,
    memoryMb: config.guest.memory_mb,
    address,
    gateway: hostEnd(address),
    servicePorts: servicePorts(config),
    guest: guestConfiguration(row, config, address, image),
  };
}

/** Signal and patience of a stop: the request's own, else the machine's, else the image's, else the platform's. */
export function stopOptions(
  row: HostMachineRow | null,
  config: MachineConfig | undefined,
  imageSignal: string | undefined,
): { signal: number; timeoutMs: number } {
  const named = row?.stop.signal ?? config?.stop_config?.signal ?? imageSignal;
  const patience = config?.stop_config?.timeout;
  return {
    signal: signalNumber(named) ?? constants.signals.SIGINT,
    timeoutMs:
      row?.stop.timeoutMs ?? (patience === undefined ? DEFAULT_STOP_TIMEOUT_MS : goDurationMs(patience)),
  };
}

/** The Machines API's own default (docs: `kill_timeout`). */
const DEFAULT_STOP_TIMEOUT_MS = 5_000;

function signalNumber(name: string | undefined): number | undefined {
  if (name === undefined) return undefined;
  if (/^\d{1,2}$/.test(name)) return Number(name);
  const full = name.startsWith('SIG') ? name : `SIG${name}`;
  return Object.entries(constants.signals).find(([known]) => known === full)?.[1];
}

function guestConfiguration(
  row: HostMachineRow,
  config: MachineConfig,
  address: string,
  image: LocalImage,
): GuestConfiguration {
  const init = opened(config.init) ?? {};
  return {
    hostname: row.machine,
    argv: commandLine(init, image.config),
    env: {
      ...imageEnvironment(image.config),
      ...platformEnvironment(row, config, address),
      ...opened(config.env),
    },
    user: image.config.user ?? '',
    workdir: image.config.workdir || '/',
    tty: init.tty ?? false,
    files: (opened(config.files) ?? []).flatMap(fileOf),
    hosts: [
      { address: '127.0.0.1', names: ['localhost'] },
      { address: '::1', names: ['localhost', 'ip6-localhost'] },
      { address, names: ['fly-local-6pn', row.machine] },
    ],
    resolvConf: '',
  };
}

/** `exec` replaces everything; `entrypoint` and `cmd` replace the image's own, as the Machines API has it. */
export function commandLine(init: InitOverrides, image: ImageConfig): readonly string[] {
  if (init.exec && init.exec.length > 0) return init.exec;
  const entrypoint = init.entrypoint ?? image.entrypoint;
  const cmd = init.cmd ?? (init.entrypoint ? [] : image.cmd);
  return [...entrypoint, ...cmd];
}

function imageEnvironment(image: ImageConfig): Record<string, string> {
  return Object.fromEntries(
    image.env.map((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

/** What the reference platform tells its machines (docs: runtime environment). */
const platformEnvironment = (
  row: HostMachineRow,
  config: MachineConfig,
  address: string,
): Record<string, string> => ({
  FLY_APP_NAME: row.appName,
  FLY_MACHINE_ID: row.machine,
  FLY_ALLOC_ID: row.machine,
  FLY_MACHINE_VERSION: row.instance,
  FLY_REGION: row.region,
  PRIMARY_REGION: row.region,
  FLY_PRIVATE_IP: address,
  FLY_IMAGE_REF: config.image,
  FLY_PROCESS_GROUP: config.metadata?.['fly_process_group'] ?? 'app',
  FLY_VM_MEMORY_MB: String(config.guest.memory_mb),
});

function fileOf(file: GuestFile): { path: string; mode: number; data: Buffer }[] {
  if (file.raw_value === undefined) return [];
  return [{ path: file.guest_path, mode: file.mode ?? 0o644, data: Buffer.from(file.raw_value, 'base64') }];
}

const servicePorts = (config: MachineConfig): number[] => {
  const services = (config.services ?? []).filter((service) => service.protocol === 'tcp');
  const checks = Object.values(config.checks ?? {}).flatMap((check) =>
    typeof check['port'] === 'number' ? [check['port']] : [],
  );
  return [...new Set([...services.map((service) => service.internal_port), ...checks])];
};

/** A feed row's fields were opened by the scheduler; one whose key was destroyed has no value any more. */
const opened = <T>(field: Sealed<T> | undefined): T | undefined =>
  field !== undefined && '$plain' in field ? field.$plain : undefined;
