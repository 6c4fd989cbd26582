import { firstLine, tryProgram, type Check } from '../check.js';

const PROGRAMS: readonly (readonly [string, readonly string[]])[] = [
  ['qemu-system-x86_64', ['--version']],
  ['ip', ['-V']],
  ['nft', ['--version']],
];

/** What a worker needs on its host. */
export const programs: Check = {
  name: 'programs',
  async run() {
    const found = await Promise.all(
      PROGRAMS.map(async ([name, args]) => [name, await tryProgram(name, args)] as const),
    );
    const missing = found.filter(([, result]) => !result?.ok).map(([name]) => name);
    if (missing.length > 0)
      return {
        status: 'failed',
        found: `not found: ${missing.join(', ')}`,
        advice: 'Install qemu-system-x86, iproute2 and nftables.',
      };
    return { status: 'ok', found: firstLine(found[0]?.[1]?.output ?? '') };
  },
};
