/**
 * What a text encoder must know of the tokenizer whose ids it reads. Ids mean nothing without it:
 * an encoder that guesses them pools the wrong token or attends to padding.
 */
export interface TokenizerFacts {
  /** For messages. */
  readonly name: string;
  /** Every id is below it: the least number of rows of an embedding table. */
  readonly vocabularySize: number;
  /** Fills texts up to a common length. */
  readonly padId: number;
  /** Stands for words that the vocabulary lacks. Absent: it spells every word out. */
  readonly unknownId?: number;
  /** The special token that ends every text, if one does. */
  readonly endId?: number;
}
