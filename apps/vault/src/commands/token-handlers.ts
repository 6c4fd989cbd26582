import { caveatsOf, decode, MacaroonError, type Macaroon } from '@bulkhead/auth/macaroon';
import { TerminalError } from '@bulkhead/contracts';
import { mintTokenRequest, verifyTokenRequest } from '@bulkhead/contracts/commands/vault';
import { commandHandler } from '@bulkhead/journal';
import type { Vault } from '../vault.js';
import { commandOf, type Handler } from './handler.js';

/** What may be asked of organizations' root keys: to sign, and whether they have signed. */
export function tokenHandlers({ rootKeys, now }: Vault): Readonly<Record<string, Handler>> {
  const access = 'callers alone';
  const command = commandOf({ now });
  return {
    'mint-token': commandHandler({
      callers: ['api'],
      access,
      input: mintTokenRequest,
      handle: (context, { organization, number, caveats }) =>
        rootKeys.mint(command(context, { organization, number, caveats }, organization), {
          organization,
          number,
          caveats: read(() => caveatsOf(Buffer.from(caveats, 'base64'))),
        }),
    }),
    'verify-token': commandHandler({
      callers: ['api', 'scheduler'],
      access,
      input: verifyTokenRequest,
      handle: async (_context, { token, discharges }) => ({
        result: await rootKeys.verify(macaroon(token), discharges.map(macaroon)),
      }),
    }),
  };
}

const macaroon = (bytes: string): Macaroon => read(() => decode(Buffer.from(bytes, 'base64')));

function read<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof MacaroonError)) throw error;
    throw new TerminalError('invalid_request', `no token or no caveats: ${error.message}`, {
      status: 400,
      cause: error,
    });
  }
}
