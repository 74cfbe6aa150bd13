/** How hard a password is to guess. Heavy: the word lists come as a chunk of their own, on first use. */
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';

export interface Strength {
  /** 0 (guessed at once) to 4. */
  score: 0 | 1 | 2 | 3 | 4;
  /** On a list of passwords, as it is or thinly disguised. */
  common: boolean;
}

const judge = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });

export function judgePassword(password: string, words: string[]): Strength {
  const { score, sequence } = judge.check(password, words);
  const [only, ...others] = sequence;
  const listed =
    only?.pattern === 'dictionary' &&
    others.length === 0 &&
    'dictionaryName' in only &&
    only.dictionaryName.startsWith('passwords');
  return { score, common: listed || score === 0 };
}
