/** The value of a JSON text from outside, as UTF-8 where it is bytes; undefined, which no schema accepts, where it is none. */
export function parseJson(text: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof text === 'string' ? text : utf8.decode(text));
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder();
