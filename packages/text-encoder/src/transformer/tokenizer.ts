import { ConfigError, type TokenizerFacts } from '@crossweave/core';
import type { Check } from '@crossweave/core/authoring';

/** Check of an option that is a tokenizer; further properties are allowed. */
export const tokenizerFacts: Check = {
  expected:
    'a tokenizer: { name, vocabularySize, padId, unknownId?, endId? }, every id below vocabularySize',
  accepts: (value) => {
    if (typeof value !== 'object' || value === null) return false;
    const { name, vocabularySize, padId, unknownId, endId } = value as Record<string, unknown>;
    if (typeof name !== 'string' || !Number.isSafeInteger(vocabularySize)) return false;
    const isId = (id: unknown): boolean =>
      Number.isSafeInteger(id) &&
      (id as number) >= 0 &&
      (id as number) < (vocabularySize as number);
    return isId(padId) && [unknownId, endId].every((id) => id === undefined || isId(id));
  },
};

/**
 * Whether a trained word table has far more rows than the tokenizer has ids, so that it must belong
 * to a different tokenizer. (Tables are often padded to a round number of rows, but only by a few.)
 */
export function unusedRows(vocabulary: number, vocabularySize: number): boolean {
  return vocabulary - vocabularySize > 1024;
}

/**
 * Number of rows of the word table: the requested number, or one row for each id of the tokenizer.
 *
 * @throws ConfigError when there are fewer rows than ids.
 */
export function rowsFor(where: string, tokenizer: TokenizerFacts, asked?: number): number {
  const { name, vocabularySize } = tokenizer;
  if (asked === undefined || asked >= vocabularySize) return asked ?? vocabularySize;
  throw new ConfigError('the word table has fewer rows than the tokenizer has ids', {
    where,
    expected: `"vocabulary" of at least ${vocabularySize}, the number of ids of ${name}`,
    got: asked,
    advice: 'Leave "vocabulary" out: the tokenizer determines it.',
  });
}

/**
 * The tokenizer's id for the option `option`.
 *
 * @throws ConfigError when the option was given with a different id.
 */
export function idFor(
  where: string,
  tokenizer: TokenizerFacts,
  option: string,
  id: number,
  asked?: number,
): number {
  if (asked === undefined || asked === id) return id;
  throw new ConfigError(`"${option}" contradicts the tokenizer`, {
    where,
    expected: `${id}, the id of ${tokenizer.name}`,
    got: asked,
    advice: `Leave "${option}" out: the tokenizer determines it.`,
  });
}

/** @throws ConfigError when neither the option nor a tokenizer was given. */
export function requireSaid<T>(where: string, option: string, value: T | undefined): T {
  if (value !== undefined) return value;
  throw new ConfigError(`"${option}" is not given`, {
    where,
    expected: `"tokenizer", or "${option}" with the value of the tokenizer`,
    advice: 'Pass the tokenizer of the texts, which determines this option.',
  });
}

/** @throws ConfigError unless the word table has a row for the id of the option `option`. */
export function requireInTable(
  where: string,
  option: string,
  id: number,
  vocabulary: number,
): void {
  if (id < vocabulary) return;
  throw new ConfigError(`"${option}" is not in the vocabulary`, {
    where,
    expected: `an id below ${vocabulary}`,
    got: id,
  });
}
