/** What guest-init sets on its interfaces. */
export interface GuestNetwork {
  readonly addresses: readonly { interface: string; address: string; prefix: number }[];
  readonly routes: readonly { interface: string; destination: string; via: string }[];
}

/** QEMU's user network always looks like this (docs/system/devices/net, "user mode"). */
const USER_NETWORK = { address: '10.0.2.15', prefix: 24, gateway: '10.0.2.2' };

/**
 * A guest on a tap has its 6PN address and reaches everything through the host's end of the link. One on QEMU's user
 * network can't be reached at a 6PN address; it has it all the same, on its loopback, so that an app finds what
 * FLY_PRIVATE_IP names.
 */
export function guestNetwork(kind: 'direct' | 'forward', address: string, gateway: string): GuestNetwork {
  switch (kind) {
    case 'direct':
      return {
        addresses: [loopback, { interface: 'eth0', address, prefix: 128 }],
        routes: [
          { interface: 'eth0', destination: hostRoute(gateway), via: '' },
          { interface: 'eth0', destination: '::/0', via: gateway },
        ],
      };
    case 'forward':
      return {
        addresses: [
          loopback,
          { interface: 'eth0', address: USER_NETWORK.address, prefix: USER_NETWORK.prefix },
          { interface: 'lo', address, prefix: 128 },
        ],
        routes: [{ interface: 'eth0', destination: '0.0.0.0/0', via: USER_NETWORK.gateway }],
      };
  }
}

const loopback = { interface: 'lo', address: '127.0.0.1', prefix: 8 };
const hostRoute = (address: string) => `${address}/128`;
