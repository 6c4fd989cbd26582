import { access, readFile } from 'node:fs/promises';
import { firstLine, tryProgram, type Check } from '../check.js';

/** Whether the kernel loads programs, as `bpftool` finds by trying; without it only what the kernel says of itself. */
export const ebpf: Check = {
  name: 'eBPF',
  async run() {
    const probed = await tryProgram('bpftool', ['feature', 'probe', 'kernel']);
    if (probed?.ok)
      return /program_type sched_cls is available/.test(probed.output) || probed.output !== ''
        ? { status: 'ok', found: 'bpftool loaded its probes' }
        : { status: 'failed', found: 'no traffic classifiers' };
    if (probed) return { status: 'unknown', found: firstLine(probed.output), advice: 'Run doctor as root.' };
    const hasSyscall = await access('/proc/sys/kernel/unprivileged_bpf_disabled').then(
      () => true,
      () => false,
    );
    if (!hasSyscall) return { status: 'warning', found: 'this kernel has no bpf system call' };
    const jit = await readFile('/proc/sys/net/core/bpf_jit_enable', 'utf8').catch(() => '0');
    return {
      status: 'unknown',
      found: `the kernel has it (JIT ${jit.trim() === '0' ? 'off' : 'on'}); not proven`,
      advice: 'Install bpftool to have it proven.',
    };
  },
};
