import { ConfigError } from '@crossweave/core';

/**
 * What the loaders need of a tokenizer. Padding and truncation are theirs, not its:
 * both libraries' own truncation cuts off the closing special token.
 */
export interface Tokenizer {
  /** For logs and run records. */
  readonly name: string;
  /** Every id is below it: the number of rows of an embedding table. */
  readonly vocabularySize: number;
  readonly padId: number;
  /** Special ids before and after every text: [CLS] and [SEP] for BERT. */
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
  /** Ids of a text without special tokens, of any length. */
  encode(text: string): readonly number[];
}

/** A tokenizer of `@xenova/transformers` or `@huggingface/transformers`: the part that is used. */
export interface TransformersTokenizer {
  (
    text: string,
    options: { add_special_tokens: boolean; return_tensor: false },
  ): { input_ids: number[] };
  readonly pad_token_id?: number | null | undefined;
}

/**
 * A tokenizer of either transformers library as a {@link Tokenizer}.
 *
 * @throws ConfigError when it has no padding token
 */
export function fromTransformers(
  tokenizer: TransformersTokenizer,
  { name, vocabularySize }: { name: string; vocabularySize: number },
): Tokenizer {
  const ids = (text: string, special: boolean): number[] =>
    tokenizer(text, { add_special_tokens: special, return_tensor: false }).input_ids;
  const padId = tokenizer.pad_token_id;
  if (typeof padId !== 'number') {
    throw new ConfigError('the tokenizer has no padding token', {
      where: name,
      expected: 'a pad_token in tokenizer_config.json',
      advice: 'Name one there; GPT-2 and its like use their end-of-text token.',
    });
  }
  const probe = 'a';
  const bare = ids(probe, false);
  const whole = ids(probe, true);
  const before = whole.findIndex((_, at) => bare.every((id, i) => whole[at + i] === id));
  return {
    name,
    vocabularySize,
    padId,
    prefix: whole.slice(0, Math.max(0, before)),
    suffix: whole.slice(Math.max(0, before) + bare.length),
    encode: (text) => ids(text, false),
  };
}
