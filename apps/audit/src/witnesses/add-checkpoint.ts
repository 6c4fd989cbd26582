/** What a witness says to a head (C2SP tlog-witness, add-checkpoint). */
export type WitnessAnswer =
  | { readonly kind: 'accepted' }
  /** It has seen the log at another size than the proof begins with. */
  | { readonly kind: 'elsewhere'; readonly size: number }
  /** The head does not go on from what it saw. */
  | { readonly kind: 'contradiction' };

/** Sends one head. @throws Error where the witness can't be reached or does not take it for now. */
export type AddCheckpoint = (url: string, body: string) => Promise<WitnessAnswer>;

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 16 * 1024;

export const addCheckpoint: AddCheckpoint = async (url, body) => {
  const response = await fetch(`${url}/add-checkpoint`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await boundedText(response);
  switch (response.status) {
    case 200:
      return { kind: 'accepted' };
    case 409:
      if (/^\d{1,15}\n?$/.test(text)) return { kind: 'elsewhere', size: Number(text) };
      break;
    case 422:
      return { kind: 'contradiction' };
  }
  throw new Error(`it answers ${response.status}`);
};

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error('it answers more than a witness has to say');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The body of add-checkpoint: the size that the proof begins with, the proof, the note. */
export const checkpointBody = (from: number, proof: readonly Buffer[], note: string): string =>
  [`old ${from}`, ...proof.map((hash) => hash.toString('base64')), '', note].join('\n');
