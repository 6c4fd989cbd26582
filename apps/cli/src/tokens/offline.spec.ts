import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  action,
  addThirdParty,
  discharge,
  endOf,
  headerOf,
  macaroonsIn,
  MASK,
  mint,
  mutations,
  newKey,
  openTicket,
  organization,
  textOf,
  thirdPartiesOf,
  uuidOf,
  verify,
} from '@bulkhead/auth/macaroon';
import { EXIT } from '../exit-codes.js';
import { run } from '../run.js';

const location = 'https://api.example/v1';
const login = 'https://login.example';
const [key, loginKey] = [newKey(), newKey()];
const inOne = organization.of({ id: 1n, mask: MASK.all });
const token = mint({ kid: Buffer.from('root'), location, key }, [inOne]);

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bulkhead-cli-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Where nothing says which platform to talk to: these commands need none. */
async function tokens(args: readonly string[], input: string) {
  const printed = { out: '', err: '' };
  const exitCode = await run({
    args: ['tokens', ...args],
    environment: { HOME: directory, XDG_CONFIG_HOME: directory },
    directory,
    streams: {
      out: (text) => void (printed.out += text),
      err: (text) => void (printed.err += text),
      in: Readable.from(input === '' ? [] : [Buffer.from(input)]),
    },
  });
  return { exitCode, ...printed };
}

const caveatsOf = (header: string) =>
  macaroonsIn(header).map((each) => verify(each, { key, location }).caveats);

describe('tokens attenuate', () => {
  it('prints a token that may less, and that the platform takes', async () => {
    const before = BigInt(Math.floor(Date.now() / 1000));
    const { exitCode, out, err } = await tokens(
      ['attenuate', '--read-only', '--expires-in', '1h'],
      `FlyV1 ${textOf(token)}\n`,
    );
    expect({ exitCode, err }).toEqual({ exitCode: EXIT.ok, err: '' });
    const [caveats = []] = caveatsOf(out.trim());
    expect(caveats.slice(0, 2)).toEqual([inOne, action.of(MASK.read)]);
    expect(endOf(caveats)).toBeGreaterThanOrEqual(before + 3_600n);
  });

  it('adds what a file says', async () => {
    const file = join(directory, 'caveats.json');
    writeFileSync(file, JSON.stringify([{ type: 'Mutations', body: { mutations: ['a'] } }]));
    const { out } = await tokens(['attenuate', '--caveats', file, '--json'], textOf(token));
    const { token: header } = JSON.parse(out) as { token: string };
    expect(caveatsOf(header)).toEqual([[inOne, mutations.of({ mutations: ['a'] })]]);
  });

  it('narrows every token, and hands discharges on as they are', async () => {
    const asked = addThirdParty(token, login, loginKey);
    const word = discharge(
      openTicket(loginKey, thirdPartiesOf(asked)[0]?.ticket ?? Buffer.alloc(0)),
      login,
      [],
    );
    const { out } = await tokens(['attenuate', '--read-only'], headerOf([word, token, asked]));
    const made = macaroonsIn(out.trim());
    expect(made.map(({ caveats }) => caveats.length)).toEqual([2, 3, 0]);
    expect(textOf(made[2] ?? token)).toBe(textOf(word));
  });

  it('does nothing where it is not told what, or can’t', async () => {
    expect(await tokens(['attenuate'], textOf(token))).toMatchObject({ exitCode: EXIT.usage, out: '' });
    const file = join(directory, 'caveats.json');
    for (const [content, why] of [
      ['[{"type":"Nothing","body":1}]', 'no caveat is called Nothing'],
      ['nonsense', 'expected array'],
      ['[{"type":"FlyioUserID","body":1}]', 'only proofs may attest'],
    ] as const) {
      writeFileSync(file, content);
      const { exitCode, out, err } = await tokens(['attenuate', '--caveats', file], textOf(token));
      expect(exitCode).not.toBe(EXIT.ok);
      expect(out).toBe('');
      expect(err).toContain(why);
    }
  });

  it('refuses what is no macaroon, and doesn’t repeat it', async () => {
    const { exitCode, out, err } = await tokens(['attenuate', '--read-only'], `${textOf(token)},bhk_secret`);
    expect({ exitCode, out }).toEqual({ exitCode: EXIT.usage, out: '' });
    expect(err).toContain('Token 2 is no macaroon');
    expect(err).not.toContain('bhk_secret');
    expect((await tokens(['attenuate', '--read-only'], '')).err).toContain('No token came in');
  });
});

describe('tokens debug', () => {
  it('shows what a token says, in words and as existing tools do', async () => {
    const asked = addThirdParty(token, login, loginKey);
    const { out, err } = await tokens(['debug'], textOf(asked));
    expect(out).toContain(uuidOf(token.nonce));
    expect(out).toContain(`${login} (not discharged)`);
    expect(out).toContain('"type": "Organization", "body": { "id": 1, "mask": "rwcdC" }');
    expect(err).toContain('only the platform can tell');
    const json = await tokens(['debug', '--json'], textOf(token));
    expect(JSON.parse(json.out)).toEqual([
      { location, caveats: [{ type: 'Organization', body: { id: 1, mask: 'rwcdC' } }] },
    ]);
  });
});
