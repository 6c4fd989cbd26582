/**
 * 6PN: the private IPv6 network of an organization. The layout is the reference platform's (fly.io/blog/incoming-6pn-private-networks,
 * fly.io/docs/networking/private-networking), so that tools which take addresses apart go on working:
 *
 *     fdaa : NNNN:NNNN : 0a7b:HHHH : MMMM:MMMM : IIII
 *     16     32          32          32          16 bits
 *
 * `fdaa` is a unique local prefix (RFC 4193), N the network's number, H the host's behind the fixed word a7b, M the machine's
 * slot on that host, I the interface: 2 is the machine's, 1 the host's end of its link. So a network is a /48 and a machine's
 * link a /112. An address belongs to one placement: slots count up and are never given twice.
 */
export interface SixPnAddress {
  /** 1 .. 2^31 - 1. */
  readonly network: number;
  /** 1 .. 65535. */
  readonly host: number;
  /** 1 .. 2^32 - 1. */
  readonly slot: number;
}

export class SixPnError extends Error {
  override readonly name = 'SixPnError';
}

const PREFIX = 0xfdaa;
const HOST_WORD = 0x0a7b;
const HOST_INTERFACE = 1;
const MACHINE_INTERFACE = 2;

/** The address of a machine, in the shortest form (RFC 5952). @throws SixPnError for numbers that don't fit. */
export function formatSixPn(address: SixPnAddress): string {
  return compress(wordsOf(address, MACHINE_INTERFACE));
}

/** The host's end of a machine's link: the gateway it sees. @throws SixPnError */
export const hostEnd = (machine: string): string => compress(wordsOf(parseSixPn(machine), HOST_INTERFACE));

/** The /112 of a machine's link, and the /48 of its network. @throws SixPnError */
export const machinePrefix = (address: SixPnAddress): string => `${compress(wordsOf(address, 0))}/112`;
export function networkPrefix(network: number): string {
  assertWithin('network', network, 0x7fff_ffff);
  return `${compress([PREFIX, ...halves(network), 0, 0, 0, 0, 0])}/48`;
}

/**
 * Takes a machine's address apart.
 * @throws SixPnError for anything else: another prefix, a zone, an embedded IPv4 address, the host's end of a link.
 */
export function parseSixPn(text: string): SixPnAddress {
  const [prefix, n1 = 0, n2 = 0, a7b, host = 0, m1 = 0, m2 = 0, end] = expand(text);
  if (prefix !== PREFIX || a7b !== HOST_WORD || end !== MACHINE_INTERFACE) throw notOne(text);
  const address = { network: n1 * 0x1_0000 + n2, host, slot: m1 * 0x1_0000 + m2 };
  wordsOf(address, MACHINE_INTERFACE);
  return address;
}

function wordsOf({ network, host, slot }: SixPnAddress, last: number): number[] {
  assertWithin('network', network, 0x7fff_ffff);
  assertWithin('host', host, 0xffff);
  assertWithin('slot', slot, 0xffff_ffff);
  return [PREFIX, ...halves(network), HOST_WORD, host, ...halves(slot), last];
}

function assertWithin(what: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new SixPnError(`the ${what} of a 6PN address is 1 to ${most}, not ${value}`);
}

const halves = (value: number): [number, number] => [Math.floor(value / 0x1_0000), value % 0x1_0000];

/** Eight words as text: the longest run of two or more zeros becomes `::` (RFC 5952 §4.2). */
function compress(words: readonly number[]): string {
  const { start, length } = longestZeros(words);
  const hex = (part: readonly number[]) => part.map((word) => word.toString(16)).join(':');
  return length < 2 ? hex(words) : `${hex(words.slice(0, start))}::${hex(words.slice(start + length))}`;
}

function longestZeros(words: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < words.length; start++) {
    let length = 0;
    while (words[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/** The longest text of eight words: 39 characters. */
const MAX_TEXT = 39;
const WORD = /^[0-9a-f]{1,4}$/i;

function expand(text: string): number[] {
  if (text.length > MAX_TEXT) throw notOne(text);
  const [head = '', tail, ...more] = text.split('::');
  const before = wordsIn(head);
  const after = tail === undefined ? [] : wordsIn(tail);
  const missing = 8 - before.length - after.length;
  if (more.length > 0 || (tail === undefined ? missing !== 0 : missing < 1)) throw notOne(text);
  return [...before, ...Array<number>(missing).fill(0), ...after];

  function wordsIn(part: string): number[] {
    if (part === '') return [];
    return part.split(':').map((word) => {
      if (!WORD.test(word)) throw notOne(text);
      return Number.parseInt(word, 16);
    });
  }
}

const notOne = (text: string) =>
  new SixPnError(`${JSON.stringify(text.slice(0, 64))} is no machine's 6PN address`);
