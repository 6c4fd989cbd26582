import type { WordTree } from './words.js';

/** Walks the words typed so far down the tree and offers what may follow. */
export const bashScript = (tree: WordTree) => `# bash completion for bulkhead
_bulkhead() {
  local word path="" current="\${COMP_WORDS[COMP_CWORD]}"
  declare -A words=(
${[...tree].map(([prefix, words]) => `    ["/${prefix}"]="${words.join(' ')}"`).join('\n')}
  )
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    local next="\${path:+$path }$word"
    [[ -n "\${words["/$next"]}" ]] && path="$next"
  done
  COMPREPLY=($(compgen -W "\${words["/$path"]}" -- "$current"))
}
complete -F _bulkhead bulkhead
`;
