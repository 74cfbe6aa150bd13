/** How hard a password is to guess. Heavy: the word lists come as a chunk of their own, on first use. */
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';

/** 0 (guessed at once) to 4. */
export type Score = 0 | 1 | 2 | 3 | 4;

const judge = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });

export const scorePassword = (password: string, words: string[]): Score =>
  judge.check(password, words).score;
