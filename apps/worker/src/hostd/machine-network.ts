import { readFile, writeFile } from 'node:fs/promises';
import { hostMacAddress, macAddress } from '../runtime/qemu/mac.js';
import { command } from './command.js';

/** A machine's link: its tap on this host and the addresses of both ends. */
export interface Link {
  readonly tap: string;
  readonly namespace: string;
  readonly machine: string;
  readonly address: string;
}

/** Where every guest finds its host; the host's 6PN end of the link is what it sees connections come from. */
const LINK_GATEWAY = 'fe80::1';

/**
 * Taps and packet filters. A VMM opens its tap in a network namespace that holds nothing else; the tap is then moved
 * into the host's, behind a filter that denies by default, and the VMM stays where it is.
 */
export class MachineNetworks {
  readonly #table: string;
  readonly #prefix: string;

  constructor(private readonly tag: string) {
    this.#table = `bulkhead_${tag}`;
    this.#prefix = `bh${tag}-`;
  }

  link(slot: number, machine: string, address: string): Link {
    return { tap: `${this.#prefix}${slot}`, namespace: `bh-${this.tag}-${slot}`, machine, address };
  }

  /**
   * Sets the rules that hold for all machines: from a guest come neighbour discovery and replies, nothing else; to
   * and from other interfaces nothing is forwarded. One transaction: there is no moment without rules.
   */
  async protect(): Promise<void> {
    const guests = `iifname "${this.#prefix}*"`;
    await nft([
      `add table inet ${this.#table}`,
      `delete table inet ${this.#table}`,
      `table inet ${this.#table} {`,
      '  chain from_machine {',
      '    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept',
      '    ct state established,related accept',
      '    drop',
      '  }',
      `  chain input { type filter hook input priority -100; policy accept; ${guests} jump from_machine; }`,
      '  chain forward {',
      '    type filter hook forward priority -100; policy accept;',
      `    ${guests} drop`,
      `    oifname "${this.#prefix}*" drop`,
      '  }',
      '}',
      `add table netdev ${this.#table}`,
    ]);
  }

  /** Takes the rules for all machines away; only once none runs. */
  async unprotect(): Promise<void> {
    await nft([`delete table inet ${this.#table}`, `delete table netdev ${this.#table}`]);
  }

  /** Makes a tap that this user may open, alone in its namespace. */
  async create({ tap, namespace }: Link, uid: number): Promise<void> {
    await ip([
      `netns add ${namespace}`,
      `tuntap add dev ${tap} mode tap user ${uid}`, // down, and without an address, until it is admitted
      `link set dev ${tap} netns ${namespace}`,
    ]);
  }

  /** Brings the tap of a running VMM into the host's network. */
  async admit(link: Link): Promise<void> {
    const { tap, namespace, machine, address } = link;
    await command('ip', ['-n', namespace, 'link', 'set', 'dev', tap, 'netns', String(process.pid)]);
    await this.filter(link);
    for (const setting of ['accept_ra', 'accept_dad', 'autoconf']) {
      await writeFile(`/proc/sys/net/ipv6/conf/${tap}/${setting}`, '0');
    }
    const hostEnd = address.replace(/2$/, '1');
    await ip([
      `link set dev ${tap} address ${hostMacAddress(machine)} addrgenmode none`,
      `link set dev ${tap} up`,
      `address add ${LINK_GATEWAY}/64 dev ${tap} nodad`,
      `address add ${hostEnd}/128 dev ${tap} nodad`,
      `neighbour replace ${address} lladdr ${macAddress(machine)} dev ${tap} nud permanent`,
      `route replace ${address}/128 dev ${tap} src ${hostEnd}`,
    ]);
  }

  /** What may come out of a tap at all: frames of its machine's own hardware and IPv6 address. */
  async filter({ tap, machine, address }: Link): Promise<void> {
    const chain = `netdev ${this.#table} ${tap}`;
    const own = `ether saddr ${macAddress(machine)} ether type ip6`;
    await nft([
      `add chain ${chain} { type filter hook ingress device "${tap}" priority 0; policy drop; }`,
      `flush chain ${chain}`,
      `add rule ${chain} ${own} ip6 saddr ${address} accept`,
      `add rule ${chain} ${own} ip6 saddr fe80::/10 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept`,
    ]);
  }

  /** Removes tap, filter and namespace, whichever are there. */
  async remove({ tap, namespace }: Link): Promise<void> {
    if (await this.#isHere(tap)) await command('ip', ['link', 'delete', 'dev', tap]);
    await nft([`add chain netdev ${this.#table} ${tap}`, `delete chain netdev ${this.#table} ${tap}`]);
    const namespaces = (await command('ip', ['netns', 'list'])).split('\n').map((line) => line.split(' ')[0]);
    if (namespaces.includes(namespace)) await command('ip', ['netns', 'delete', namespace]);
  }

  /** Whether the tap is in the host's network, its VMM admitted. */
  async isAdmitted({ tap }: Link): Promise<boolean> {
    return this.#isHere(tap);
  }

  /** Every tap of this installation in the host's network. */
  async taps(): Promise<string[]> {
    return (await interfaces()).filter((name) => name.startsWith(this.#prefix));
  }

  async deleteTap(tap: string): Promise<void> {
    await command('ip', ['link', 'delete', 'dev', tap]);
  }

  async #isHere(tap: string): Promise<boolean> {
    return (await interfaces()).includes(tap);
  }
}

async function interfaces(): Promise<string[]> {
  const lines = (await readFile('/proc/net/dev', 'utf8')).split('\n').slice(2);
  return lines.map((line) => line.split(':')[0]?.trim() ?? '').filter(Boolean);
}

/** Several commands of iproute2 by one process; those after one that fails are not run. */
async function ip(lines: string[]): Promise<void> {
  await command('ip', ['-6', '-batch', '-'], lines.join('\n') + '\n');
}

async function nft(lines: string[]): Promise<void> {
  await command('nft', ['-f', '-'], lines.join('\n') + '\n');
}
