/** One way a server asks to be authorized (RFC 9110 section 11.6.1). */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const MAX_LENGTH = 8192;
const PIECE =
  /[\s,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~0-9A-Za-z:/-]+)))?/y;

/** Reads a WWW-Authenticate header, possibly of several challenges; stops at what it doesn't understand. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  PIECE.lastIndex = 0;
  const text = header.slice(0, MAX_LENGTH);
  for (let piece = PIECE.exec(text); piece; piece = PIECE.exec(text)) {
    const [, name = '', quoted, token] = piece;
    const value = quoted?.replaceAll(/\\(.)/gs, '$1') ?? token;
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
    else challenges.at(-1)?.parameters.set(name.toLowerCase(), value);
  }
  return challenges;
}
