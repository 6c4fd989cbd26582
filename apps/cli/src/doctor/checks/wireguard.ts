import { firstLine, inOwnNetwork, tryProgram, type Check } from '../check.js';

/** The kernel's own, proven by an interface in a namespace of its own; else the program that does the same in user space. */
export const wireguard: Check = {
  name: 'WireGuard',
  async run() {
    const kernel = await tryProgram(
      'unshare',
      inOwnNetwork('ip', 'link', 'add', 'bhdoctor', 'type', 'wireguard'),
    );
    if (kernel?.ok) return { status: 'ok', found: 'in the kernel' };
    const program = await tryProgram('wireguard-go', ['--version']);
    if (program) return { status: 'ok', found: `in user space: ${firstLine(program.output)}` };
    return {
      status: 'warning',
      found: 'neither in the kernel nor as wireguard-go',
      advice: 'Hosts can’t be joined to a mesh from here; one host alone needs none.',
    };
  },
};
