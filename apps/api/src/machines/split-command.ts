/** Longer command lines are refused before this is called. */
type Quote = "'" | '"' | null;

/**
 * The words of a command line: separated by blanks, with `'…'`, `"…"` and backslash as POSIX's shell quotes (2.2), and nothing else
 * of a shell. Null where a quote stays open.
 */
export function splitCommand(text: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let quote: Quote = null;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    const next = text.charAt(at + 1);
    if (quote === null && /\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (quote === null && (char === "'" || char === '"')) {
      quote = char;
      word ??= '';
    } else if (char === quote) {
      quote = null;
    } else if (char === '\\' && escapes(quote, next)) {
      word = (word ?? '') + next;
      at++;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== null) return null;
  if (word !== null) words.push(word);
  return words;
}

const escapes = (quote: Quote, next: string): boolean =>
  next !== '' && (quote === null || (quote === '"' && '$`"\\'.includes(next)));
