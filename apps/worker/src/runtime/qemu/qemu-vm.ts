import { TerminalError } from '@bulkhead/contracts';
import type { InstanceId, MachineId } from '@bulkhead/domain';
import { z } from 'zod';
import { ControlChannel, type GuestListener } from '../../guest/control-channel.js';
import { done, execOutcome, type GuestExit, type GuestLogLine, processList } from '../../guest/protocol.js';
import type {
  ExecRequest,
  ExecResult,
  OutputStream,
  Process,
  Reach,
  RuntimeObserver,
  Vm,
  VmExit,
} from '../runtime.js';
import { CONSOLE, CONSOLE_BYTES, SOCKETS } from './arguments.js';
import { Qmp } from './qmp.js';
import { connectTo } from './sockets.js';
import type { VmRecord } from './vm-records.js';

const SOCKET_WAIT_MS = 5_000;
/** How long a guest that was let go may take to end itself. */
const FAREWELL_MS = 5_000;
const MAX_EXEC_MS = 3_600_000;
const MAX_EXEC_STDIN = 1024 * 1024;
const MAX_EXEC_OUTPUT = 4 * 1024 * 1024;
const CONSOLE_TAIL = 2_000;

/** What a VM needs of its runtime. */
export interface VmOwner {
  readonly observer: RuntimeObserver;
  readonly writeSnapshot: (vm: QemuVm) => Promise<void>;
  /** Kills the VMM and removes its traces. */
  readonly remove: (machine: MachineId) => Promise<void>;
}

/** A VM that this process is connected to. */
export class QemuVm implements Vm, GuestListener {
  readonly #ended = Promise.withResolvers<void>();
  #monitor!: Qmp;
  #control!: ControlChannel;
  #state: 'connected' | 'exit-told' | 'ending' | 'detached' = 'connected';
  #killRequested = false;

  private constructor(
    readonly record: VmRecord,
    private readonly owner: VmOwner,
  ) {
    this.#ended.promise.catch(() => undefined); // whoever awaits `ended` sees it; nobody may
  }

  /** Connects to a VMM's monitor; its devices are initialized afterwards. */
  static async connect(record: VmRecord, owner: VmOwner, timeoutMs = SOCKET_WAIT_MS): Promise<QemuVm> {
    const vm = new QemuVm(record, owner);
    const socket = await connectTo(record.directory, SOCKETS.monitor, timeoutMs);
    vm.#monitor = new Qmp(socket, (event) => vm.#onMonitorEvent(event));
    await vm.#monitor.negotiate(timeoutMs);
    return vm;
  }

  get machine(): MachineId {
    return this.record.machine;
  }

  get instance(): InstanceId {
    return this.record.instance;
  }

  get reach(): Reach {
    return this.record.reach;
  }

  get startedAt(): Date {
    return this.record.startedAt;
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get monitor(): Qmp {
    return this.#monitor;
  }

  /** Begins a session with the guest's init and, from now on, follows the VM to its end. Resolves with whether it is configured. */
  async greet(timeoutMs: number): Promise<boolean> {
    this.#control = new ControlChannel(
      await connectTo(this.record.directory, SOCKETS.control, SOCKET_WAIT_MS),
      this,
    );
    return this.#control.hello(timeoutMs);
  }

  follow(): void {
    void this.#monitor.closed.then(() => this.#lost('the virtual machine monitor ended'));
    void this.#control.closed.then((error) => this.#lost(error?.message ?? 'the control channel closed'));
  }

  /** Asks guest-init for something outside the `Vm` interface. */
  async configure(op: 'configure' | 'clock', args: unknown, timeoutMs: number): Promise<void> {
    await this.#control.request(op, args, done, { timeoutMs });
  }

  async run(): Promise<void> {
    await this.#monitor.execute('cont', {}, z.unknown());
  }

  /** QEMU's word for what the VM is at (QMP `RunState`). */
  async status(): Promise<string> {
    return (await this.#monitor.execute('query-status', {}, z.object({ status: z.string() }))).status;
  }

  async stop({ signal, timeoutMs }: { signal: number; timeoutMs: number }): Promise<void> {
    await this.#request('shutdown', { signal, timeoutMs }, done);
  }

  async signal(number: number): Promise<void> {
    await this.#request('signal', { signal: number }, done);
  }

  async ps(): Promise<Process[]> {
    return this.#request('ps', {}, processList);
  }

  async exec(
    request: ExecRequest,
    onOutput?: (stream: OutputStream, data: Buffer) => void,
  ): Promise<ExecResult> {
    const { stdin = Buffer.alloc(0), env = {}, argv, timeoutMs, maxOutput = MAX_EXEC_OUTPUT } = request;
    if (stdin.length > MAX_EXEC_STDIN || timeoutMs > MAX_EXEC_MS || maxOutput > MAX_EXEC_OUTPUT) {
      throw new TerminalError(
        'exec_too_large',
        'An exec takes at most 1 MiB of input, 4 MiB of output and one hour.',
      );
    }
    const output = new BoundedOutput(maxOutput, onOutput);
    const args = { argv, env, stdin: stdin.toString('base64'), timeoutMs, maxOutput };
    const result = await this.#request('exec', args, execOutcome, timeoutMs + 10_000, output.take);
    return {
      ...result,
      truncated: result.truncated || output.truncated,
      stdout: output.collected('stdout'),
      stderr: output.collected('stderr'),
    };
  }

  async kill(): Promise<void> {
    this.#killRequested = true;
    await this.#lost('killed');
  }

  async suspend(): Promise<void> {
    this.#requireRunning();
    await this.owner.writeSnapshot(this);
    await this.#end(undefined);
  }

  /** Lets go of the VM, which runs on. */
  detach(): void {
    this.#state = 'detached';
    this.#monitor.close();
    this.#control.close();
  }

  async log(lines: GuestLogLine[]): Promise<void> {
    await this.owner.observer.log(
      this,
      lines.map(({ stream, unixMs, text, cut }) => ({ stream, at: new Date(unixMs), text, cut })),
    );
  }

  async exited(exit: GuestExit): Promise<void> {
    if (this.#state !== 'connected') return;
    await this.owner.observer.exited(this, {
      cause: exit.error === '' ? 'app' : 'start_failed',
      exitCode: exit.exitCode,
      signal: exit.signal,
      oomKilled: exit.oomKilled,
      requested: exit.requested,
      exitedAt: new Date(exit.exitedAt),
      detail: exit.error,
    });
    if (this.#state !== 'connected') return;
    this.#state = 'exit-told';
    const timer = setTimeout(() => void this.#end(undefined), FAREWELL_MS);
    void this.ended.finally(() => clearTimeout(timer));
  }

  #onMonitorEvent(event: string): void {
    if (event === 'SHUTDOWN' || event === 'GUEST_PANICKED') void this.#stopped();
  }

  /** The guest has ended; QEMU is paused for a last look at its console. */
  async #stopped(): Promise<void> {
    if (this.#state === 'exit-told') return this.#end(undefined);
    const console = await this.consoleTail().catch(() => '');
    await this.#lost(`the guest ended by itself; its console said last: ${console}`);
  }

  /** The end of what the guest wrote to its console. */
  async consoleTail(): Promise<string> {
    const text = await this.#monitor.execute(
      'ringbuf-read',
      { device: CONSOLE, size: CONSOLE_BYTES, format: 'utf8' },
      z.string(),
    );
    return text.slice(-CONSOLE_TAIL).replace(/[^\x20-\x7e\n]/g, '');
  }

  async #lost(detail: string): Promise<void> {
    if (this.#state === 'exit-told') return this.#end(undefined);
    if (this.#state !== 'connected') return this.#state === 'ending' ? this.ended : undefined;
    await this.#end({
      cause: this.#killRequested ? 'killed' : 'lost',
      exitCode: null,
      signal: null,
      oomKilled: false,
      requested: this.#killRequested,
      exitedAt: new Date(),
      detail: this.#killRequested ? '' : detail,
    });
  }

  /** The exit is stored before anything is removed: a crash in between tells it again. */
  async #end(exit: VmExit | undefined): Promise<void> {
    if (this.#state === 'ending' || this.#state === 'detached') return;
    this.#state = 'ending';
    try {
      if (exit !== undefined) await this.owner.observer.exited(this, exit);
      await this.owner.remove(this.machine);
      this.#ended.resolve();
    } catch (error) {
      this.#ended.reject(error);
    } finally {
      this.#monitor.close();
      this.#control.close();
    }
  }

  #requireRunning(): void {
    if (this.#state !== 'connected') {
      throw new TerminalError('vm_gone', `The VM of machine ${this.machine} has ended.`, { status: 409 });
    }
  }

  async #request<T>(
    op: string,
    args: unknown,
    result: z.ZodType<T>,
    timeoutMs?: number,
    onOutput?: (stream: OutputStream, data: Buffer) => void,
  ): Promise<T> {
    this.#requireRunning();
    return this.#control.request(op, args, result, {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(onOutput === undefined ? {} : { onOutput }),
    });
  }
}

/** Holds a program's output to its limit, whatever a guest sends. */
class BoundedOutput {
  readonly #chunks: Record<OutputStream, Buffer[]> = { stdout: [], stderr: [] };
  readonly #bytes: Record<OutputStream, number> = { stdout: 0, stderr: 0 };
  truncated = false;

  constructor(
    private readonly limit: number,
    private readonly onOutput: ((stream: OutputStream, data: Buffer) => void) | undefined,
  ) {}

  readonly take = (stream: OutputStream, data: Buffer): void => {
    const kept = data.subarray(0, this.limit - this.#bytes[stream]);
    if (kept.length < data.length) this.truncated = true;
    this.#bytes[stream] += kept.length;
    if (kept.length === 0) return;
    if (this.onOutput === undefined) this.#chunks[stream].push(kept);
    else this.onOutput(stream, kept);
  };

  collected(stream: OutputStream): Buffer {
    return Buffer.concat(this.#chunks[stream]);
  }
}
