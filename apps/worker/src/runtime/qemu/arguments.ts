/** What a VMM process is made of. Every field is typed and bounded by whoever makes one: no free arguments. */
export interface VmmSpec {
  readonly accel: 'kvm' | 'tcg';
  readonly cpus: number;
  readonly memoryMb: number;
  readonly kernel: string;
  readonly initrd: string;
  /** Frequency of the host's time stamp counter: guests under emulation hang when they measure it themselves. */
  readonly tscKhz: number;
  /** Whether the image is passed as file descriptor 3. */
  readonly disk: boolean;
  readonly network: VmmNetwork;
  /** Wait for a snapshot on `incoming.sock`. */
  readonly resume: boolean;
}

export type VmmNetwork =
  | { readonly kind: 'none' }
  | { readonly kind: 'tap'; readonly tap: string; readonly mac: string }
  /** QEMU's user networking, cut off from everything but the forwards: guest port → port of the host's loopback. */
  | { readonly kind: 'user'; readonly mac: string; readonly forwards: Readonly<Record<number, number>> };

/** Sockets in the VMM's working directory, so that no path is too long for a socket's address. */
export const SOCKETS = { monitor: 'qmp.sock', control: 'ctl.sock', incoming: 'incoming.sock' } as const;
/** The descriptor of the image. */
export const IMAGE_FD = 3;
/** Bytes of console output that a VM keeps for whoever asks why it didn't boot. */
export const CONSOLE_BYTES = 65_536;
export const CONSOLE = 'console';

const SANDBOX = 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny';

/**
 * QEMU's arguments for a microvm: stopped until the worker has looked at it (-S), and paused, not gone, when the
 * guest ends, so that its console can still be read.
 */
export function qemuArguments(vmm: VmmSpec): string[] {
  return [
    ...['-M', 'microvm,pit=off,pic=off,rtc=on,isa-serial=off'],
    ...['-accel', vmm.accel === 'kvm' ? 'kvm' : 'tcg,tb-size=16', '-cpu', 'max'],
    ...['-m', String(vmm.memoryMb), '-smp', String(vmm.cpus)],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-sandbox', SANDBOX],
    ...['-S', '-action', 'reboot=shutdown,shutdown=pause,panic=pause'],
    ...['-kernel', vmm.kernel, '-initrd', vmm.initrd, '-append', kernelCommandLine(vmm.tscKhz)],
    ...(vmm.disk ? diskArguments() : []),
    ...networkArguments(vmm.network),
    ...['-device', 'virtio-serial-device'],
    ...[
      '-chardev',
      `ringbuf,id=${CONSOLE},size=${CONSOLE_BYTES}`,
      '-device',
      `virtconsole,chardev=${CONSOLE}`,
    ],
    ...['-chardev', `socket,id=ctl,path=${SOCKETS.control},server=on,wait=off`],
    ...['-device', 'virtserialport,chardev=ctl,name=ctl.0'],
    ...['-qmp', `unix:${SOCKETS.monitor},server=on,wait=off`],
    ...(vmm.resume ? ['-incoming', `unix:${SOCKETS.incoming}`] : []),
  ];
}

function kernelCommandLine(tscKhz: number): string {
  return `console=hvc0 panic=-1 reboot=t rdinit=/init quiet tsc_early_khz=${tscKhz} tsc=reliable no_timer_check`;
}

function diskArguments(): string[] {
  const file = 'file.driver=file,file.filename=/dev/fdset/1,file.locking=off';
  return [
    ...['-add-fd', `fd=${IMAGE_FD},set=1`],
    ...['-blockdev', `driver=raw,node-name=root,read-only=on,${file}`],
    ...['-device', 'virtio-blk-device,drive=root,serial=root'],
  ];
}

function networkArguments(network: VmmNetwork): string[] {
  switch (network.kind) {
    case 'none':
      return [];
    case 'tap':
      return [
        ...['-netdev', `tap,id=net,ifname=${network.tap},script=no,downscript=no`],
        ...['-device', `virtio-net-device,netdev=net,mac=${network.mac}`],
      ];
    case 'user': {
      const forwards = Object.entries(network.forwards).map(
        ([guestPort, hostPort]) => `,hostfwd=tcp:127.0.0.1:${hostPort}-:${guestPort}`,
      );
      return [
        ...['-netdev', `user,id=net,restrict=on${forwards.join('')}`],
        ...['-device', `virtio-net-device,netdev=net,mac=${network.mac}`],
      ];
    }
  }
}
