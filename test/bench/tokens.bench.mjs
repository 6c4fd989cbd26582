import { createHmac } from 'node:crypto';
import {
  action,
  apps,
  attenuate,
  clearToken,
  ifPresent,
  MASK,
  mint,
  mutations,
  newKey,
  organization,
  parse,
  SignatureCache,
  textOf,
  validityWindow,
  verify,
} from '@bulkhead/auth/macaroon';
import { sideBySide } from './harness/side-by-side.mjs';
import { median, medianInterval, pairedRatio } from './harness/statistics.mjs';

const location = 'https://api.example/v1';
const key = newKey();
const CAVEATS = [
  organization.of({ id: 7n, mask: MASK.all }),
  validityWindow.of({ not_before: 0n, not_after: 2n ** 40n }),
  action.of(MASK.read | MASK.write | MASK.control),
  ifPresent.of({ ifs: [apps.of({ apps: new Map([[5n, MASK.all]]) })], else: MASK.read }),
  mutations.of({ mutations: ['restartMachine', 'stopMachine'] }),
];
const access = {
  kind: 'resource',
  now: new Date(),
  action: MASK.control,
  organization: 7n,
  app: 5n,
  mutation: 'stopMachine',
};
/** Texts of tokens that were never seen, as a request brings them. */
const fresh = (count) =>
  Array.from({ length: count }, () => textOf(mint({ kid: Buffer.from('root'), location, key }, CAVEATS)));

const SIGNED = Buffer.alloc(40);
/** What nobody can do without: the six signatures of such a token, over as many bytes. */
function signatures() {
  let tail = key;
  for (let each = 0; each <= CAVEATS.length; each += 1)
    tail = createHmac('sha256', tail).update(SIGNED).digest();
  return tail;
}

/** The median, in microseconds, of doing something with each. */
function microseconds(texts, act) {
  const times = texts.map((text) => {
    const begun = process.hrtime.bigint();
    act(text);
    return Number(process.hrtime.bigint() - begun) / 1000;
  });
  return median(times);
}

function withKey(text) {
  clearToken(verify(parse(text), { key, location }), access);
}

function throughCache(cache) {
  return (text) => {
    const verified = cache.verify(parse(text), []);
    if (!verified) throw new Error('a token that should be known is not');
    clearToken(verified, access);
  };
}

function rowOf(what, target, pairs) {
  const ours = pairs.map((pair) => pair.ours);
  return {
    what,
    figure: median(ours),
    interval: medianInterval(ours),
    unit: 'µs',
    peer: { what: 'six bare HMACs', figure: median(pairs.map(({ peer }) => peer)) },
    ratio: pairedRatio(pairs),
    target,
    bounds: 'signatures and reading MessagePack in JavaScript; on a busy machine, waiting for a core',
  };
}

/** @type {import('./harness/bench.mjs').Bench} */
export default {
  title: 'Tokens: verification',
  measures: `One request's work on a token of ${CAVEATS.length} caveats, from its text to the last caveat cleared: read, verify the signatures, ask each
caveat. Cold: a token never seen, with its key in the process. Cached: narrowed by one caveat from a token that was verified before,
without a key. Beside it the bare HMAC-SHA256 computations of such a token.`,
  targets: {
    cold: { what: 'p50, cold', of: 'figure', comparison: '<=', figure: 300, unit: 'µs' },
    cached: { what: 'p50, cached', of: 'figure', comparison: '<=', figure: 50, unit: 'µs' },
  },
  async run({ long }) {
    const count = long ? 10_000 : 2_000;
    const runs = long ? 31 : 11;
    const cache = new SignatureCache(location, count);
    const parents = fresh(count).map(parse);
    for (const parent of parents) cache.remember(verify({ ...parent }, { key, location }));
    const children = parents.map((parent) => textOf(attenuate(parent, [action.of(MASK.all)])));
    const cached = throughCache(cache);
    const peer = async () => microseconds(children, signatures);
    for (const warm of [withKey, cached]) microseconds(children, warm);
    const cold = await sideBySide(runs, { ours: async () => microseconds(fresh(count), withKey), peer });
    const known = await sideBySide(runs, { ours: async () => microseconds(children, cached), peer });
    return [rowOf('p50, cold', 'cold', cold), rowOf('p50, cached', 'cached', known)];
  },
};
