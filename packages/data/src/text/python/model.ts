/** Tokens of words that a pre-tokenizer found. */
export interface Model {
  /** Tokens in the vocabulary. */
  readonly size: number;
  idOf(token: string): number | undefined;
  /** @throws Error where Python's does: for a word without tokens, where no token stands for it */
  encode(word: string): readonly number[];
}
