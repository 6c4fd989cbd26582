import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { readCaveats, writeCaveats, type Caveat } from './caveat.js';
import { byNumber, byText } from './caveats/resource-set.js';
import { fields } from './caveats/shape.js';
import {
  attenuate,
  bindingIn,
  CAVEAT,
  confineGitHubOrg,
  confineGoogleHD,
  confineOrganization,
  confineUser,
  discharge,
  encode,
  flyioUserId,
  flySrc,
  githubUserId,
  googleUserId,
  headerOf,
  isMember,
  macaroonsIn,
  MASK,
  mutations,
  openTicket,
  organization,
  thirdPartiesOf,
  verify,
  type Macaroon,
} from './index.js';
import { Reader } from './wire/reader.js';
import { Writer } from './wire/writer.js';

/** Tokens that the original implementation made: its own vectors, kept outside this repository. */
const file =
  process.env['BULKHEAD_MACAROON_VECTORS'] ??
  fileURLToPath(new URL('../../../../../shared/data/macaroon-vectors.json', import.meta.url));

const vectorsFile = z.object({
  location: z.string(),
  key: z.base64(),
  tp_key: z.base64(),
  kid: z.base64(),
  macaroons: z.record(z.string(), z.string()),
  attenuation: z.record(z.string(), z.record(z.string(), z.string())),
  caveats: z.record(z.string(), z.string()),
  with_tps: z.string(),
});
type Vectors = z.infer<typeof vectorsFile>;

const base64 = (text: string) => Buffer.from(text, 'base64');
const caveatsIn = (bytes: Buffer) => readCaveats(new Reader(bytes));
const packed = (caveats: readonly Caveat[]) => {
  const to = new Writer();
  writeCaveats(to, caveats);
  return to.bytes().toString('base64');
};
const only = (header: string): Macaroon => {
  const [token] = macaroonsIn(header);
  if (!token) throw new Error(`no token in ${header}`);
  return token;
};

/** What each caveat of the vectors says, written by this implementation. */
const WRITTEN: Readonly<Record<string, Buffer>> = {
  BindToParentToken: new Writer().binary(Buffer.of(1, 2, 3)).bytes(),
  ConfineGitHubOrg: confineGitHubOrg.of(123n).body,
  ConfineGoogleHD: confineGoogleHD.of('123').body,
  ConfineOrganization: confineOrganization.of({ id: 123n }).body,
  ConfineUser: confineUser.of({ id: 123n }).body,
  FlySrc: flySrc.of({ organization: 'foo', app: 'bar', instance: 'baz' }).body,
  FlyioUserID: flyioUserId.of(123n).body,
  GitHubUserID: githubUserId.of(123n).body,
  GoogleUserID: googleUserId.of(0xdeadbeefdeadbeef7bn).body,
  IsMember: isMember.of({}).body,
  Mutations: mutations.of({ mutations: ['foo'] }).body,
  Organization: organization.of({ id: 123n, mask: MASK.all }).body,
  String: new Writer().text('foo').bytes(),
  Int64: new Writer().int(-123n).bytes(),
  Uint64: new Writer().int(123n).bytes(),
  Slice: new Writer().binary(Buffer.of(1, 2, 3)).bytes(),
  Map: letters(new Writer()).bytes(),
  IntResourceSet: numbered(),
  StringResourceSet: lettered(),
  PrefixResourceSet: lettered(),
  Struct: struct(),
  zeroUint64Caveat: new Writer().int(0n).bytes(),
  smallUint64Caveat: new Writer().int(1n).bytes(),
  bigUint64Caveat: new Writer().int(2n ** 64n - 1n).bytes(),
};

function letters(to: Writer): Writer {
  return to.map(3).text('a').text('a').text('b').text('b').text('c').text('c');
}
function shaped<T extends object>(shape: { write(to: Writer, value: T): void }, value: T): Buffer {
  const to = new Writer();
  shape.write(to, value);
  return to.bytes();
}
/** Given out of order: it is the writer that sorts. */
function numbers() {
  return new Map([3n, 1n, 2n].map((id) => [id, MASK.all]));
}
function names() {
  return new Map(['c', 'a', 'b'].map((id) => [id, MASK.all]));
}
function numbered() {
  return shaped(fields<{ Body: ReadonlyMap<bigint, number> }>({ Body: byNumber }), { Body: numbers() });
}
function lettered() {
  return shaped(fields<{ Body: ReadonlyMap<string, number> }>({ Body: byText }), { Body: names() });
}
function struct() {
  const to = letters(
    new Writer()
      .array(8)
      .text('foo')
      .int(-123n)
      .int(123n)
      .binary(Buffer.of(1, 2, 3)),
  );
  byNumber.write(to, numbers());
  byText.write(to, names());
  byText.write(to, names());
  return to.bytes();
}

describe('tokens of the original implementation', () => {
  if (existsSync(file)) compare(vectorsFile.parse(JSON.parse(readFileSync(file, 'utf8'))));
  else it.skip(`are not compared: there is no ${file} (name another by BULKHEAD_MACAROON_VECTORS)`, () => {});
});

function compare(vectors: Vectors): void {
  const key = base64(vectors.key);
  const thirdPartyKey = base64(vectors.tp_key);
  const { location } = vectors;
  const named = Object.entries(vectors.macaroons);

  it('come in the numbers that are known', () => {
    expect(named).toHaveLength(21);
    expect(Object.values(vectors.attenuation).flatMap((each) => Object.keys(each))).toHaveLength(19);
    expect(Object.keys(vectors.caveats)).toHaveLength(24);
  });

  it.each(named)('%s reads and writes the same', (_name, header) => {
    expect(headerOf(macaroonsIn(header))).toBe(header);
    const { caveats } = only(header);
    expect(packed(caveatsIn(base64(packed(caveats))))).toBe(packed(caveats));
  });

  it.each(named.filter(([, header]) => !only(header).nonce.proof))('%s verifies', (_name, header) => {
    const token = only(header);
    expect(token.nonce.kid).toEqual(base64(vectors.kid));
    if (token.caveats.some(bindingIn))
      expect(() => verify(token, { key, location })).toThrow('only discharges are bound');
    else expect(verify(token, { key, location }).caveats).toEqual(token.caveats);
  });

  it.each(Object.entries(vectors.caveats))('caveat %s comes out byte for byte', (name, bytes) => {
    const [caveat] = caveatsIn(base64(bytes));
    expect(caveat?.body.toString('hex')).toBe(WRITTEN[name]?.toString('hex'));
    expect(packed(caveat ? [caveat] : [])).toBe(bytes);
    const to = new Writer().array(2).int(caveat?.type ?? 0n);
    expect(
      to
        .raw(WRITTEN[name] ?? Buffer.alloc(0))
        .bytes()
        .toString('base64'),
    ).toBe(bytes);
  });

  it.each(
    Object.entries(vectors.attenuation).flatMap(([base, added]) =>
      Object.entries(added).map(([caveats, wanted]): [string, string, string] => [caveats, base, wanted]),
    ),
  )('attenuated with %s is what it is there', (caveats, base, wanted) => {
    const narrowed = macaroonsIn(base).map((token) =>
      token.location === location ? attenuate(token, caveatsIn(base64(caveats))) : token,
    );
    expect(headerOf(narrowed)).toBe(wanted);
  });

  it('ask third parties, and their discharges count', () => {
    const [token, theirs] = macaroonsIn(vectors.with_tps);
    if (!token || !theirs) throw new Error('two tokens are wanted');
    const [one, other] = thirdPartiesOf(token);
    expect([one?.location, other?.location]).toEqual(['discharged', 'undischarged']);
    expect(() => verify(token, { key, location, discharges: [theirs] })).toThrow('"undischarged"');
    const ticket = openTicket(thirdPartyKey, other?.ticket ?? Buffer.alloc(0));
    const ours = discharge(ticket, 'undischarged', [flyioUserId.of(7n)]);
    const thirdParties = new Map([['undischarged', [thirdPartyKey]]]);
    const verified = verify(token, { key, location, discharges: [ours, theirs], thirdParties });
    expect(verified.attestations.map(({ type }) => type)).toEqual([CAVEAT.FlyioUserID]);
    expect(verified.discharges.map(({ trusted }) => trusted)).toEqual([false, true]);
    expect(encode(theirs)).toEqual(encode(verified.discharges[0]?.token ?? theirs));
  });
}
