import { ConfigError, DataError, type TokenizerFacts } from '@crossweave/core';
import {
  anyText,
  having,
  number,
  listOf,
  requireValue,
  text,
  type Check,
} from '@crossweave/core/authoring';

/**
 * What the loaders need of a tokenizer. Padding and truncation are theirs, not its:
 * both libraries' own truncation cuts off the closing special token.
 */
export interface Tokenizer extends TokenizerFacts {
  /**
   * SHA-256 over the files that decide its ids, as `sha256:…`: two tokenizers with one fingerprint
   * give every text the same ids.
   */
  readonly fingerprint: string;
  /** Special ids before and after every text: [CLS] and [SEP] for BERT. */
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
  /** How other libraries cut its texts, as its files have it; absent where these say nothing of it. */
  readonly truncation?: { readonly side: 'left' | 'right'; readonly maxTokens?: number };
  /** Ids of a text without special tokens, of any length, each below `vocabularySize`. */
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

/** What a library's tokenizer does not say of itself. */
export interface TransformersTokenizerFacts extends Pick<Tokenizer, 'truncation'> {
  readonly name: string;
  readonly vocabularySize: number;
  readonly fingerprint: string;
  /** See {@link TokenizerFacts}; absent where every text can be spelled out. */
  readonly unknownId?: number;
}

/** Texts by which the special tokens around a text are found: one of them has tokens of its own. */
const probes = ['a', '1', '.', 'e', '中'];

/**
 * A tokenizer of either transformers library as a {@link Tokenizer}.
 *
 * @throws ConfigError when it has no padding token
 * @throws DataError when its special tokens or ids do not fit its vocabulary
 */
export function fromTransformers(
  tokenizer: TransformersTokenizer,
  { name, vocabularySize, fingerprint, unknownId, truncation }: TransformersTokenizerFacts,
): Tokenizer {
  const isId = number({ integer: true, min: 0, below: vocabularySize }).accepts;
  const ids = (text: string, special: boolean): readonly number[] => {
    // The transformers libraries encode a number as an empty text, and a list as several texts.
    requireValue(name, 'text', text, anyText());
    let found: unknown;
    try {
      found = tokenizer(text, { add_special_tokens: special, return_tensor: false }).input_ids;
    } catch (cause) {
      throw damaged('the tokenizer fails on a text', { text, cause });
    }
    if (Array.isArray(found) && found.every(isId)) return found as number[];
    const got: unknown = Array.isArray(found) ? found.find((id) => !isId(id)) : found;
    throw damaged('the tokenizer gives an id that is not in its vocabulary', { text, got });
  };
  const damaged = (what: string, details: { text: string; got?: unknown; cause?: unknown }) =>
    new DataError(what, {
      where: `${name}, for ${JSON.stringify(details.text.slice(0, 60))}`,
      expected: `a list of ids below ${vocabularySize}`,
      got: details.cause instanceof Error ? details.cause.message : String(details.got),
      advice: 'Its files are damaged or do not belong together: copy them anew.',
      cause: details.cause,
    });
  const padId = tokenizer.pad_token_id;
  if (typeof padId !== 'number') {
    throw new ConfigError('the tokenizer has no padding token', {
      where: name,
      expected: 'a pad_token in tokenizer_config.json',
      advice: 'Name one there; GPT-2 and its like use their end-of-text token.',
    });
  }
  for (const id of [padId, unknownId ?? 0]) {
    if (!isId(id)) throw damaged('a special token is not in the vocabulary', { text: '', got: id });
  }
  const probe = probes.find((text) => ids(text, false).length > 0) ?? '';
  const bare = ids(probe, false);
  const whole = ids(probe, true);
  const before = whole.findIndex((_, at) => bare.every((id, i) => whole[at + i] === id));
  if (bare.length === 0 || before < 0) {
    const got = `${bare.join(' ')} without special tokens, ${whole.join(' ')} with them`;
    throw damaged('the special tokens of the tokenizer cannot be told', { text: probe, got });
  }
  const suffix = whole.slice(before + bare.length);
  const endId = suffix.at(-1);
  return {
    name,
    vocabularySize,
    fingerprint,
    padId,
    ...(unknownId !== undefined && { unknownId }),
    ...(endId !== undefined && { endId }),
    ...(truncation !== undefined && { truncation }),
    prefix: whole.slice(0, before),
    suffix,
    encode: (text) => ids(text, false),
  };
}

const id = number({ integer: true, min: 0 });
const requirements: Readonly<Record<string, Check>> = {
  name: text(),
  fingerprint: text(),
  vocabularySize: number({ integer: true, min: 1 }),
  padId: id,
  prefix: listOf(id),
  suffix: listOf(id),
};

/** A {@link Tokenizer}, or the path of a tokenizer's folder. */
export const tokenizerCheck: Check = {
  expected: `the path of a tokenizer's folder, or a tokenizer with encode, ${Object.keys(requirements).join(', ')}`,
  accepts: (value) =>
    text().accepts(value) ||
    (having('a tokenizer', 'encode').accepts(value) &&
      Object.entries(requirements).every(([name, check]) =>
        check.accepts((value as Record<string, unknown>)[name]),
      )),
};
