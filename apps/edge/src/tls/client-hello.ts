const RECORD_HEADER_BYTES = 5;
const MESSAGE_HEADER_BYTES = 4;
const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const VERSION_AND_RANDOM_BYTES = 34;
const SERVER_NAME_EXTENSION = 0;
const HOST_NAME = 0;
/** Longer ones are not read on for a name; post-quantum key shares take about 2 KiB. */
export const MAX_CLIENT_HELLO = 16 * 1024;

/** What the first bytes of a TLS connection say so far. `whole` without a name: none is given, or this is no ClientHello. */
export type Greeting =
  { readonly kind: 'partial' } | { readonly kind: 'whole'; readonly serverName: string | undefined };

/**
 * The name that a client asks for (RFC 8446 §4.1.2, RFC 6066 §3), without judging anything else: that is TLS's to do.
 * @param bytes all that was received so far
 */
export function readClientHello(bytes: Buffer): Greeting {
  const hello = messageIn(bytes);
  if (hello === 'partial') return bytes.length < MAX_CLIENT_HELLO ? { kind: 'partial' } : NAMELESS;
  return hello ? { kind: 'whole', serverName: serverNameIn(hello) } : NAMELESS;
}

const NAMELESS: Greeting = { kind: 'whole', serverName: undefined };

/** The ClientHello's body, put together from the records that it may be cut into. */
function messageIn(bytes: Buffer): Buffer | 'partial' | undefined {
  const fragments: Buffer[] = [];
  for (let at = 0; bytes.length - at >= RECORD_HEADER_BYTES;) {
    const length = bytes.readUInt16BE(at + 3);
    if (bytes[at] !== HANDSHAKE_RECORD || length === 0) return undefined;
    fragments.push(bytes.subarray(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + length));
    at += RECORD_HEADER_BYTES + length;
  }
  const message = fragments.length === 1 ? fragments[0] : Buffer.concat(fragments);
  if (!message || message.length < MESSAGE_HEADER_BYTES) return 'partial';
  if (message[0] !== CLIENT_HELLO) return undefined;
  const end = MESSAGE_HEADER_BYTES + message.readUIntBE(1, 3);
  return message.length < end ? 'partial' : message.subarray(MESSAGE_HEADER_BYTES, end);
}

function serverNameIn(hello: Buffer): string | undefined {
  const from = new Vectors(hello.subarray(VERSION_AND_RANDOM_BYTES));
  from.next(1); // session id
  from.next(2); // cipher suites
  from.next(1); // compression methods
  const extensions = new Vectors(from.next(2));
  while (extensions.left > 0) {
    const type = extensions.number(2);
    const body = extensions.next(2);
    if (type === SERVER_NAME_EXTENSION) return hostNameIn(new Vectors(new Vectors(body).next(2)));
  }
  return undefined;
}

function hostNameIn(names: Vectors): string | undefined {
  while (names.left > 0) {
    const type = names.number(1);
    const name = names.next(2);
    if (type === HOST_NAME && name.length > 0) return name.toString('latin1');
  }
  return undefined;
}

/** Reads what TLS writes with its length before it (RFC 8446 §3.4). Nothing is read past the end: what is missing is empty or 0. */
class Vectors {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  get left(): number {
    return this.bytes.length - this.at;
  }

  number(width: 1 | 2): number {
    const value = this.left >= width ? this.bytes.readUIntBE(this.at, width) : 0;
    this.at += Math.min(width, this.left);
    return value;
  }

  next(width: 1 | 2): Buffer {
    const length = Math.min(this.number(width), this.left);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}
