/**
 * Keeps `clients` pieces of work under way, each beginning its next when its last is done.
 * @returns {Promise<number>} pieces done per second
 */
export async function ratePerSecond({ clients, seconds }, work) {
  const started = performance.now();
  const until = started + seconds * 1_000;
  let done = 0;
  const client = async () => {
    while (performance.now() < until) {
      await work();
      done++;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return (done * 1_000) / (performance.now() - started);
}
