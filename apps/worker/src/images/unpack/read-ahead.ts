import { Readable } from 'node:stream';

const STREAMS = 3;
/** Pieces are at most a few hundred kilobytes each. */
const PIECES_AHEAD = 64;

export interface ReadAhead {
  /** The bytes of the next item; to be read to their end before the following one is asked for. */
  next(): AsyncIterable<Uint8Array>;
  /** Stops everything under way. */
  close(): void;
}

/** Opens the items' streams in order, the next ones already while one is read, each up to a bounded distance ahead. */
export function readAhead<T>(
  items: readonly T[],
  open: (item: T, signal: AbortSignal) => AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): ReadAhead {
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const waiting = [...items];
  const opened: Readable[] = [];
  const fill = () => {
    for (const item of waiting.splice(0, STREAMS - opened.length)) opened.push(start(open(item, until)));
  };
  return {
    async *next() {
      fill();
      const stream = opened[0];
      if (!stream) throw new Error('nothing is left to read');
      yield* stream as AsyncIterable<Uint8Array>;
      opened.shift();
    },
    close() {
      stop.abort(new Error('no longer needed'));
      for (const stream of opened) stream.destroy();
    },
  };
}

function start(bytes: AsyncIterable<Uint8Array>): Readable {
  const stream = Readable.from(bytes, { objectMode: true, highWaterMark: PIECES_AHEAD });
  stream.on('error', () => undefined); // kept by the stream for whoever reads it
  stream.read(0);
  return stream;
}
