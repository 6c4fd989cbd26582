import { firstLine, tryProgram, type Check } from '../check.js';

const TOLERATED_MS = 2_000;

/** Certificates and leases need clocks that agree: this one with the API's, and with the world's where systemd knows. */
export const clock: Check = {
  name: 'clock',
  async run({ api, now }) {
    if (api) {
      const before = now().getTime();
      const theirs = (await api.date()).getTime();
      const ours = (before + now().getTime()) / 2;
      // An HTTP date counts whole seconds.
      const apart = Math.max(0, Math.abs(ours - theirs) - 1000);
      if (Number.isNaN(apart)) return { status: 'unknown', found: 'the API gave no date' };
      if (apart > TOLERATED_MS)
        return {
          status: 'failed',
          found: `this clock and the API's are ${Math.round(apart / 1000)} s apart`,
          advice: 'Start a time service (systemd-timesyncd, chrony) on both.',
        };
    }
    const systemd = await tryProgram('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
    if (systemd?.ok && firstLine(systemd.output) === 'no')
      return {
        status: 'warning',
        found: 'not synchronized with any time server',
        advice: 'Run: timedatectl set-ntp true',
      };
    return api
      ? { status: 'ok', found: 'agrees with the API’s' }
      : { status: 'unknown', found: 'nothing to compare with' };
  },
};
