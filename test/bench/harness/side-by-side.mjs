/**
 * Measures ours and a peer in turns, whoever goes first changing with each pair, so that neither a load that drifts nor what the
 * one leaves behind favours either.
 * @param {number} count of pairs
 * @param {{ ours: () => Promise<number>, peer: () => Promise<number> }} measure
 * @returns {Promise<{ ours: number, peer: number }[]>}
 */
export async function sideBySide(count, { ours, peer }) {
  const pairs = [];
  for (let index = 0; index < count; index++) {
    if (index % 2 === 0) {
      const first = await ours();
      pairs.push({ ours: first, peer: await peer() });
    } else {
      const first = await peer();
      pairs.push({ ours: await ours(), peer: first });
    }
  }
  return pairs;
}
