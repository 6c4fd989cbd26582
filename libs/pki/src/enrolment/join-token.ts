/**
 * A one-time join token as its holder sees it: `bhjoin_<id>.<secret>.<fingerprint>`. The fingerprint (SHA-256 of the
 * internal root's DER, hex) tells a joining process the true vault before it shows the secret.
 */
export interface JoinToken {
  readonly id: string;
  /** 256 random bits, base64url: the vault keeps the hash of the whole text. */
  readonly secret: string;
  readonly caFingerprint: string;
}

const FORMAT = /^bhjoin_([0-9a-z]{26})\.([A-Za-z0-9_-]{43})\.([0-9a-f]{64})$/;

export const formatJoinToken = ({ id, secret, caFingerprint }: JoinToken): string =>
  `bhjoin_${id}.${secret}.${caFingerprint}`;

/** Reads a token's text; undefined where it is none. */
export function parseJoinToken(text: string): JoinToken | undefined {
  const [, id, secret, caFingerprint] = FORMAT.exec(text.trim()) ?? [];
  return id && secret && caFingerprint ? { id, secret, caFingerprint } : undefined;
}
