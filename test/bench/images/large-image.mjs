import { writeLayout } from '../../../scripts/images/oci-layout.mjs';
import { tarArchive } from '../../../scripts/images/tar.mjs';

const BYTES = 200 * 2 ** 20;
const FILES = 6_000;
const LAYERS = 3;
/** Most files of an image are small and a few hold most of it. */
const SKEW = 3;

/** Writes an OCI layout with an image that is the same each time. */
export function writeLargeImage(directory) {
  const random = draws(1);
  const weights = Array.from({ length: FILES }, () => random() ** SKEW);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const files = weights.map((weight, number) => ({
    path: `usr/lib/part-${number % 300}/file-${number}`,
    mode: 0o644,
    data: content(random, Math.round((weight / sum) * BYTES)),
  }));
  const layers = Array.from({ length: LAYERS }, (_, layer) =>
    tarArchive(files.filter((_, number) => number % LAYERS === layer)),
  );
  writeLayout(directory, { layers, config: { Cmd: ['/usr/lib/part-0/file-0'] }, tag: 'latest' });
}

/** Random bytes, each run of them repeated once: gzip halves it, as it does an image of programs. */
function content(random, length) {
  const data = Buffer.alloc(length);
  for (let at = 0; at < length; at += 64) {
    for (let byte = at; byte < Math.min(at + 32, length); byte++) data[byte] = random() * 256;
    data.copy(data, at + 32, at, at + 32);
  }
  return data;
}

/** A generator of its own (xorshift), so that the image is the same each time. */
function draws(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
