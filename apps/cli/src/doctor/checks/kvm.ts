import { access, constants } from 'node:fs/promises';
import type { Check } from '../check.js';

/** Opening /dev/kvm proves little: what counts is the guest that the worker ran, which the hosts check shows. */
export const kvm: Check = {
  name: 'kvm device',
  async run() {
    try {
      await access('/dev/kvm', constants.R_OK | constants.W_OK);
      return {
        status: 'ok',
        found: '/dev/kvm opens; whether guests run on it, each worker proves with a guest',
      };
    } catch (error) {
      const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : '';
      return code === 'ENOENT'
        ? { status: 'warning', found: 'no /dev/kvm: machines are emulated, which is several times slower' }
        : { status: 'unknown', found: '/dev/kvm is there, but not for you', advice: 'Run doctor as root.' };
    }
  },
};
