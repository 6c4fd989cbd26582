/**
 * The shortest text found, by leaving out ever smaller pieces, that still fails in the same way.
 * @param tries how often it may ask
 */
export async function shrunk(
  text: string,
  stillFails: (text: string) => Promise<boolean>,
  tries = 400,
): Promise<string> {
  let smallest = text;
  let left = tries;
  for (let size = Math.ceil(text.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < smallest.length && left > 0;) {
      const candidate = smallest.slice(0, at) + smallest.slice(at + size);
      left--;
      if (await stillFails(candidate)) smallest = candidate;
      else at += size;
    }
  }
  return smallest;
}
