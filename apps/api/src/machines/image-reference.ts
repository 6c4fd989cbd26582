/** An image reference taken apart, as the Machines API shows it. */
export interface ImageRef {
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
  readonly labels: Readonly<Record<string, string>>;
}

const DEFAULT_REGISTRY = 'docker.io';

/**
 * @param reference such as `registry.example:5000/team/web:1@sha256:…`; the first part is a registry where it has a dot, a colon or
 * is `localhost` (distribution/reference).
 * @param resolved what it stood for, where that is known.
 */
export function imageRefOf(
  reference: string,
  resolved: { readonly digest: string | null; readonly labels: Readonly<Record<string, string>> },
): ImageRef {
  const [name = '', pinned] = reference.split('@', 2);
  const slash = name.lastIndexOf('/');
  const colon = name.indexOf(':', slash + 1);
  const path = colon < 0 ? name : name.slice(0, colon);
  const tag = colon < 0 ? undefined : name.slice(colon + 1);
  const found = resolved.digest ?? pinned;
  return {
    ...registryAndRepository(path),
    ...(tag === undefined ? (found === undefined ? { tag: 'latest' } : {}) : { tag }),
    ...(found === undefined ? {} : { digest: found }),
    labels: resolved.labels,
  };
}

function registryAndRepository(path: string): { registry: string; repository: string } {
  if (path.startsWith('oci:')) return { registry: 'oci', repository: path.slice('oci:'.length) };
  const slash = path.indexOf('/');
  const first = slash < 0 ? '' : path.slice(0, slash);
  return /[.:]|^localhost$/.test(first)
    ? { registry: first, repository: path.slice(slash + 1) }
    : { registry: DEFAULT_REGISTRY, repository: slash < 0 ? `library/${path}` : path };
}
