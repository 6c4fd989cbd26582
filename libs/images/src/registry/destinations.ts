import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import { refused } from '../errors.js';

/** Registries that the operator vouches for, each as `host[:port]`. Strangers' ones are public and speak TLS. */
export interface RegistryPolicy {
  /** May be at addresses of inner networks and of this host. */
  readonly privateRegistries: readonly string[];
  /** The same, and they are spoken to over plain HTTP. */
  readonly insecureRegistries: readonly string[];
}

/** Where a connection may go: users choose registries, and registries send us on, so neither may reach what is inside. */
export class Destinations {
  constructor(private readonly policy: RegistryPolicy) {}

  isPlain(host: string): boolean {
    return names(this.policy.insecureRegistries, new URL(`http://${host}`));
  }

  /**
   * Checks what a URL says by itself; names are checked by `lookupFor` when they are resolved.
   * @throws TerminalError `registry_forbidden`
   */
  admit(url: URL): void {
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && this.isPlain(url.host)))
      throw refused('registry_forbidden', `The registry refers to ${url.origin}, which is not HTTPS.`);
    if (url.username || url.password)
      throw refused('registry_forbidden', 'The registry refers to a URL that carries credentials.');
    const address = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(address) && !isPublic(address) && !this.isPrivate(url)) throw internal(url.host);
  }

  /** What resolves the name in a URL for its connection; undefined stands for Node's own. */
  lookupFor(url: URL): LookupFunction | undefined {
    return this.isPrivate(url) ? undefined : publicLookup();
  }

  private isPrivate(url: URL): boolean {
    const { privateRegistries, insecureRegistries } = this.policy;
    return names(privateRegistries, url) || names(insecureRegistries, url);
  }
}

type Resolve = (
  name: string,
  options: Parameters<LookupFunction>[1] & { readonly all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: { address: string; family: number }[]) => void,
) => void;

/**
 * Resolves a name for one connection, which then goes to just these addresses: a name that is answered differently the next time
 * gains nothing. One inner address among them is enough to refuse.
 */
export const publicLookup =
  (resolve: Resolve = systemLookup): LookupFunction =>
  (name, options, callback) =>
    resolve(name, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error || !first) callback(error ?? new Error(`${name} has no address`), []);
      else if (!addresses.every(({ address }) => isPublic(address))) callback(internal(name), []);
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });

const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** Whether an address is one of the internet's and none of this host's own. */
export function isPublic(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text); // an IPv4-mapped address stands for what it maps
  if (address.range() !== 'unicast') return false;
  if (address instanceof ipaddr.IPv6 && !address.match(GLOBAL_UNICAST)) return false;
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return !own.some(
    (local) => ipaddr.process(local.address).toNormalizedString() === address.toNormalizedString(),
  );
}

/** Compared as URLs, so that case and default ports make no difference. */
const names = (registries: readonly string[], { protocol, host }: URL): boolean =>
  registries.some((registry) => URL.parse(`${protocol}//${registry}`)?.host === host);

const internal = (host: string) =>
  refused(
    'registry_forbidden',
    `${host} is at an internal address. Where that is meant, the operator names it in BULKHEAD_PRIVATE_REGISTRIES.`,
  );
