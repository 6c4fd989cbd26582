import { readFile } from 'node:fs/promises';

/** The frequency of this host's time stamp counter in kHz, as the kernel measured it. */
export async function hostTscKhz(): Promise<number> {
  const text = await readFile('/proc/cpuinfo', 'utf8');
  const mhz = /^cpu MHz\s*:\s*([\d.]+)/m.exec(text)?.[1];
  if (mhz === undefined) throw new Error('/proc/cpuinfo names no processor frequency.');
  return Math.round(Number(mhz) * 1000);
}
