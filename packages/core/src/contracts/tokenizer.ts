/**
 * What a text encoder must know of the tokenizer that made its input. An encoder that assumed a
 * wrong padding or end id would attend to padding or pool the wrong token.
 */
export interface TokenizerFacts {
  /** Name of the tokenizer, for messages. */
  readonly name: string;
  /** Ids are in [0, vocabularySize): an embedding table needs at least this many rows. */
  readonly vocabularySize: number;
  /** The id that pads texts to a common length. */
  readonly padId: number;
  /**
   * The id of words that are not in the vocabulary. Absent: the tokenizer splits every word into
   * known pieces.
   */
  readonly unknownId?: number;
  /** The id of the special token that ends every text. Absent: there is none. */
  readonly endId?: number;
}
