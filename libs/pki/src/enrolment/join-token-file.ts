import { rm } from 'node:fs/promises';
import { TerminalError } from '@bulkhead/contracts';
import { readIfThere } from './identity-file.js';
import { parseJoinToken } from './join-token.js';

/** The file in which a process finds its join token at its first start. It is gone once the token is used. */
export class JoinTokenFile {
  constructor(private readonly path: string) {}

  /** @throws TerminalError `join_token_missing`, saying how to get one. */
  async read(kind: string): Promise<string> {
    const text = (await readIfThere(this.path))?.trim();
    if (text !== undefined && parseJoinToken(text)) return text;
    const what =
      text === undefined
        ? `there is no join token at ${this.path}`
        : `what is in ${this.path} is no join token`;
    throw new TerminalError(
      'join_token_missing',
      `This ${kind} has no identity yet, and ${what}. Run \`bulkhead init\` for a service, or make a token for a host and put it there.`,
    );
  }

  async discard(): Promise<void> {
    await rm(this.path, { force: true });
  }
}
