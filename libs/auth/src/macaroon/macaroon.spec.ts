import fc from 'fast-check';
import {
  action,
  addThirdParty,
  attenuate,
  bindTo,
  decode,
  discharge,
  encode,
  flyioUserId,
  isUser,
  MacaroonError,
  macaroonsIn,
  MASK,
  maxValidity,
  mint,
  newKey,
  openTicket,
  organization,
  parse,
  textOf,
  thirdPartiesOf,
  uuidOf,
  validityWindow,
  verify,
  type Caveat,
  type Macaroon,
} from './index.js';
import { caveat } from './caveat.js';
import { MAX_TOKEN_BYTES } from './macaroon.js';

const location = 'https://api.example/v1';
const login = 'https://login.example';
const key = newKey();
const loginKey = newKey();
const thirdParties = new Map([[login, [loginKey]]]);
const inOne = organization.of({ id: 1n, mask: MASK.all });
const readOnly = action.of(MASK.read);
const today = validityWindow.of({ not_before: 0n, not_after: 2n ** 40n });

const token = (...caveats: Caveat[]) => mint({ kid: Buffer.from('root 1'), location, key }, caveats);
const asking = () => addThirdParty(token(inOne), login, loginKey, [maxValidity.of(60n)]);
const ticketOf = (asked: Macaroon) =>
  openTicket(loginKey, thirdPartiesOf(asked)[0]?.ticket ?? Buffer.alloc(0));
const problemOf = (act: () => unknown) => {
  try {
    act();
    return 'none';
  } catch (error) {
    if (error instanceof MacaroonError) return error.code;
    throw error;
  }
};
/** What somebody who has no key makes of a token. */
const forged = (from: Macaroon, change: Partial<Macaroon>): Macaroon => ({ ...from, ...change });

describe('a token', () => {
  it('is verified with the key it was minted with, where it is for', () => {
    const minted = token(inOne, readOnly);
    expect(verify(parse(textOf(minted)), { key, location }).caveats).toEqual([inOne, readOnly]);
    expect(problemOf(() => verify(minted, { key: newKey(), location }))).toBe('wrong_signature');
    expect(problemOf(() => verify(minted, { key, location: login }))).toBe('wrong_location');
  });

  it('keeps its name however it is attenuated, and has another than every other', () => {
    const minted = token(inOne);
    expect(uuidOf(attenuate(minted, [readOnly]).nonce)).toBe(uuidOf(minted.nonce));
    expect(uuidOf(minted.nonce)).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(uuidOf(token(inOne).nonce)).not.toBe(uuidOf(minted.nonce));
  });

  it('loses no caveat, gets none twice, and they keep their order', () => {
    const minted = token(inOne, readOnly);
    expect(problemOf(() => verify(forged(minted, { caveats: [inOne] }), { key, location }))).toBe(
      'wrong_signature',
    );
    expect(problemOf(() => verify(forged(minted, { caveats: [readOnly, inOne] }), { key, location }))).toBe(
      'wrong_signature',
    );
    expect(attenuate(minted, [readOnly, today, today]).caveats).toEqual([inOne, readOnly, today]);
  });

  it('carries a caveat that nobody here knows, byte for byte', () => {
    const strange = caveat(2n ** 48n + 5n, (to) => to.map(1).text('to').array(2).int(-5n).bool(true));
    const narrowed = attenuate(parse(textOf(attenuate(token(inOne), [strange]))), [readOnly]);
    expect(verify(parse(textOf(narrowed)), { key, location }).caveats).toEqual([inOne, strange, readOnly]);
  });

  it('attests nothing by itself, nor is it bound like a discharge', () => {
    expect(problemOf(() => token(flyioUserId.of(1n)))).toBe('attestation_misplaced');
    const bound = token(inOne, bindTo(token(inOne)));
    expect(problemOf(() => verify(bound, { key, location }))).toBe('bound_to_another');
  });
});

describe('a third party', () => {
  const minute = validityWindow.of({ not_before: 0n, not_after: 60n });

  it('must discharge, and what it says narrows too', () => {
    const asked = asking();
    expect(problemOf(() => verify(asked, { key, location }))).toBe('not_discharged');
    const ticket = ticketOf(asked);
    expect(ticket.conditions).toEqual([maxValidity.of(60n)]);
    const word = discharge(ticket, login, [minute, flyioUserId.of(7n)]);
    const verified = verify(asked, { key, location, discharges: [word], thirdParties });
    expect(verified.caveats).toEqual([inOne, minute]);
    expect(verified.attestations).toEqual([flyioUserId.of(7n)]);
  });

  it('attests only if it is one that is believed', () => {
    const stranger = newKey();
    const asked = addThirdParty(token(inOne), login, stranger);
    const ticket = openTicket(stranger, thirdPartiesOf(asked)[0]?.ticket ?? Buffer.alloc(0));
    const word = discharge(ticket, login, [flyioUserId.of(7n)]);
    expect(verify(asked, { key, location, discharges: [word], thirdParties }).attestations).toEqual([]);
  });

  it('gives a word that nobody can change or take for another token', () => {
    const [asked, another] = [asking(), asking()];
    const word = discharge(ticketOf(asked), login, [minute]);
    expect(problemOf(() => attenuate(word, [flyioUserId.of(8n)]))).toBe('finalized');
    expect(problemOf(() => verify(another, { key, location, discharges: [word] }))).toBe('not_discharged');
    const shortened = forged(word, { caveats: [] });
    expect(problemOf(() => verify(asked, { key, location, discharges: [shortened] }))).toBe(
      'wrong_signature',
    );
    expect(problemOf(() => verify(forged(word, { location }), { key, location }))).toBe('proof_alone');
  });

  it('may bind its word to a token and those that are narrower', () => {
    const asked = asking();
    const narrower = attenuate(asked, [readOnly]);
    const word = discharge(ticketOf(asked), login, [bindTo(narrower)]);
    const discharges = [word];
    expect(verify(narrower, { key, location, discharges }).caveats).toEqual([inOne, readOnly]);
    expect(verify(attenuate(narrower, [today]), { key, location, discharges }).caveats).toHaveLength(3);
    expect(problemOf(() => verify(asked, { key, location, discharges }))).toBe('bound_to_another');
  });

  it('is asked once, since its words could not be told apart', () => {
    expect(problemOf(() => addThirdParty(asking(), login, loginKey))).toBe('duplicate_third_party');
  });

  it('opens tickets of its own key alone', () => {
    const [party] = thirdPartiesOf(asking());
    expect(problemOf(() => openTicket(newKey(), party?.ticket ?? Buffer.alloc(0)))).toBe('ticket_unreadable');
    expect(problemOf(() => openTicket(loginKey, Buffer.alloc(3)))).toBe('ticket_unreadable');
  });
});

describe('whoever tampers', () => {
  const asked = attenuate(asking(), [today, readOnly]);
  const word = discharge(ticketOf(asked), login, [today, isUser.of({ uint64: 7n })]);
  const accepted = (permission: string, proof: string) => {
    const problem = problemOf(() =>
      verify(parse(permission), { key, location, discharges: macaroonsIn(proof), thirdParties }),
    );
    return problem === 'none';
  };

  it('with any byte of a token or of its discharge is refused', () => {
    expect(accepted(textOf(asked), textOf(word))).toBe(true);
    for (const original of [asked, word]) {
      const bytes = encode(original);
      for (let at = 0; at < bytes.length; at += 1)
        for (const flip of [0x01, 0x10, 0x80, 0xff]) {
          const changed = Buffer.from(bytes);
          changed.writeUInt8(changed.readUInt8(at) ^ flip, at);
          const text = `fm2_${changed.toString('base64')}`;
          const [permission, proof] = original === asked ? [text, textOf(word)] : [textOf(asked), text];
          if (accepted(permission, proof)) throw new Error(`byte ${at} ^ ${flip} was accepted`);
        }
    }
  });

  it('with any letter of its text is refused', () => {
    const text = textOf(asked);
    for (let at = 0; at < text.length; at += 1)
      for (const letter of ['A', 'B', 'z', '/', '=', ' ', '\n', 'é']) {
        const changed = text.slice(0, at) + letter + text.slice(at + 1);
        if (changed !== text && accepted(changed, textOf(word)))
          throw new Error(`letter ${at}: ${JSON.stringify(letter)} was accepted`);
      }
  });
});

describe('the decoder', () => {
  const good = encode(token(inOne, readOnly, today));

  it('answers any bytes with a token or a refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 512 }), (bytes) => {
        problemOf(() => decode(Buffer.from(bytes)));
      }),
      { numRuns: 5_000 },
    );
  });

  it('takes the token itself', () => {
    expect(problemOf(() => verify(decode(good), { key, location }))).toBe('none');
  });

  it('takes nothing that was cut, grown or spliced for a token that was signed', () => {
    const splice = fc.tuple(fc.nat(good.length), fc.nat(8), fc.uint8Array({ maxLength: 8 }));
    fc.assert(
      fc.property(fc.array(splice, { minLength: 1, maxLength: 3 }), (splices) => {
        let bytes: Buffer = good;
        for (const [at, gone, put] of splices)
          bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + gone)]);
        if (bytes.equals(good)) return;
        expect(problemOf(() => verify(decode(bytes), { key, location }))).not.toBe('none');
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    [
      'nested without end',
      Buffer.concat([
        Buffer.of(0x94, 0x93, 0xc4, 0, 0xc4, 0, 0xc2, 0xa0, 0x92, 9),
        Buffer.alloc(10_000, 0x91),
      ]),
    ],
    ['an array of four thousand million', Buffer.of(0xdd, 0xff, 0xff, 0xff, 0xff)],
    ['a binary of four gigabytes', Buffer.of(0x94, 0x93, 0xc6, 0xff, 0xff, 0xff, 0xff, 1, 2, 3)],
    [
      'a map that outgrows all numbers',
      Buffer.of(0x94, 0x93, 0xc4, 0, 0xc4, 0, 0xc2, 0xa0, 0x92, 9, 0xdf, 0xff, 0xff, 0xff, 0xff),
    ],
    ['a caveat without a body', Buffer.of(0x94, 0x93, 0xc4, 0, 0xc4, 0, 0xc2, 0xa0, 0x91, 9)],
    ['nothing', Buffer.alloc(0)],
  ])('refuses %s', (_what, bytes) => {
    expect(problemOf(() => decode(bytes))).toBe('malformed');
  });

  it('refuses what is too long, and too many caveats', () => {
    expect(problemOf(() => decode(Buffer.alloc(MAX_TOKEN_BYTES + 1)))).toBe('too_large');
    const many = Array.from({ length: 257 }, (_, at) => isUser.of({ uint64: BigInt(at) }));
    expect(problemOf(() => decode(encode(token(...many))))).toBe('too_large');
  });

  it('leaves what is no token out of a header', () => {
    const text = textOf(token(inOne));
    expect(macaroonsIn(`Bearer FlyV1 ${text},bhk_x,fm2_AAAA,${text}x`)).toHaveLength(1);
    expect(macaroonsIn(undefined)).toEqual([]);
  });
});
