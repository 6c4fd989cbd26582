import type { WordTree } from './words.js';

/** One rule a word: it is offered where just the words before it were typed. */
export function fishScript(tree: WordTree): string {
  const rules = [...tree].flatMap(([prefix, words]) =>
    words.map((word) =>
      word.startsWith('--')
        ? `complete -c bulkhead -n '__bulkhead_at "${prefix}"' -l ${word.slice(2)}`
        : `complete -c bulkhead -f -n '__bulkhead_at "${prefix}"' -a ${word}`,
    ),
  );
  return `# fish completion for bulkhead
function __bulkhead_at
  set -l typed (commandline -opc)[2..-1]
  set -l words (string match -v -- '-*' $typed)
  test "$words" = "$argv[1]"
end
${rules.join('\n')}
`;
}
