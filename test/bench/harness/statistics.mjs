/** @typedef {readonly [number, number]} Interval */

/** Of how many runs an interval means to hold the true value. */
const CONFIDENCE = 0.95;

const ascending = (values) => [...values].sort((a, b) => a - b);

/** The quantile `q` of 0..1 as a measured value: the smallest that at least this share does not exceed. */
export const quantile = (values, q) =>
  ascending(values)[Math.max(0, Math.ceil(q * values.length) - 1)] ?? Number.NaN;

/** The middle value, or the mean of the middle two. */
export function median(values) {
  const sorted = ascending(values);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
}

/**
 * A 95 % interval of a quantile from order statistics: it supposes nothing of the distribution, only that measurements are
 * independent. Undefined where there are too few of them to say it.
 * @returns {Interval | undefined}
 */
export function quantileInterval(values, q) {
  const sorted = ascending(values);
  const tail = (1 - CONFIDENCE) / 2;
  const below = binomialCumulative(sorted.length, q);
  const low = below.findLastIndex((probability) => probability <= tail);
  const high = below.findIndex((probability) => probability >= 1 - tail);
  return low < 0 || high < 0 ? undefined : [sorted[low], sorted[high]];
}

export const medianInterval = (values) => quantileInterval(values, 0.5);

/**
 * The median of a paired quantity over runs that were measured side by side, each pair under the same load.
 * @param {readonly { ours: number, peer: number }[]} pairs
 * @param {(pair: { ours: number, peer: number }) => number} of
 * @returns {{ figure: number, interval: Interval | undefined }}
 */
function paired(pairs, of) {
  const values = pairs.map(of);
  return { figure: median(values), interval: medianInterval(values) };
}

export const pairedRatio = (pairs) => paired(pairs, ({ ours, peer }) => ours / peer);
export const pairedDifference = (pairs) => paired(pairs, ({ ours, peer }) => ours - peer);

/** P(X <= k) for k of 0..n - 1, X binomial. */
function binomialCumulative(n, p) {
  const cumulative = [];
  let logMass = n * Math.log1p(-p);
  let sum = 0;
  for (let k = 0; k < n; k++) {
    sum += Math.exp(logMass);
    cumulative.push(sum);
    logMass += Math.log((n - k) / (k + 1)) + Math.log(p) - Math.log1p(-p);
  }
  return cumulative;
}
