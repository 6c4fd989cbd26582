import { bashScript } from './bash.js';
import type { WordTree } from './words.js';

/** zsh runs bash's completion functions once told to. */
export const zshScript = (tree: WordTree) =>
  `autoload -Uz bashcompinit compinit && compinit && bashcompinit\n${bashScript(tree)}`;
