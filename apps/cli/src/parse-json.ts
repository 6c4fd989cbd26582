/** Undefined for what is no JSON: whoever reads it says by a schema what is wrong. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
