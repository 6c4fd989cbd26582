import { relative } from 'node:path';
import { machineId } from '@bulkhead/contracts/ids';
import type { MachineId } from '@bulkhead/domain';
import { z } from 'zod';
import { HostdClient } from '../../hostd/client.js';
import { complaintAnswer, listAnswer, startedAnswer } from '../../hostd/protocol.js';
import type { Launch, Launched, VmLauncher } from './launcher.js';

/** Starts VMMs through hostd: each jailed as a user of its own, in a cgroup, on a tap behind its filter. */
export class HostdLauncher implements VmLauncher {
  readonly network = 'direct';
  readonly isolated = true;
  readonly missing = [];
  readonly #hostd: HostdClient;

  constructor(
    socketPath: string,
    /** The directory that hostd is configured to take images from. */
    private readonly images: string,
  ) {
    this.#hostd = new HostdClient(socketPath);
  }

  async start({ machine, accel, cpus, memoryMb, rootfs, link, resume }: Launch): Promise<Launched> {
    const image = rootfs === null ? null : relative(this.images, rootfs);
    const address = link?.address ?? null;
    const { directory } = await this.#hostd.request(
      { type: 'start', machine, accel, cpus, memoryMb, image, address, resume },
      startedAnswer,
    );
    return { directory, reach: { kind: 'direct', address: address ?? '' } };
  }

  async admit(machine: MachineId): Promise<void> {
    await this.#hostd.request({ type: 'admit', machine }, z.unknown());
  }

  async complaint(machine: MachineId): Promise<string> {
    return (await this.#hostd.request({ type: 'complaint', machine }, complaintAnswer)).text;
  }

  async remove(machine: MachineId): Promise<void> {
    await this.#hostd.request({ type: 'remove', machine }, z.unknown());
  }

  async list(): Promise<MachineId[]> {
    const { machines } = await this.#hostd.request({ type: 'list' }, listAnswer);
    return machines.map((machine) => machineId.parse(machine));
  }
}
