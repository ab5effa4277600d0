import { ConfigError, type TokenizerFacts } from '@crossweave/core';
import type { Check } from '@crossweave/core/authoring';

/** A tokenizer passes whatever else it has beside these facts. */
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
 * Whether a trained word table has far more rows than the tokenizer has ids, so that it must be
 * another tokenizer's. Tables are filled up to a round number of rows, but never by so many.
 */
export function unusedRows(vocabulary: number, vocabularySize: number): boolean {
  return vocabulary - vocabularySize > 1024;
}

/**
 * Rows of the word table: those that were asked for, or one for each id of the tokenizer.
 *
 * @throws ConfigError when there are fewer rows than ids.
 */
export function rowsFor(where: string, tokenizer: TokenizerFacts, asked?: number): number {
  const { name, vocabularySize } = tokenizer;
  if (asked === undefined || asked >= vocabularySize) return asked ?? vocabularySize;
  throw new ConfigError('the word table has fewer rows than the tokenizer has ids', {
    where,
    expected: `"vocabulary" of at least ${vocabularySize}, the ids of ${name}`,
    got: asked,
    advice: 'Leave "vocabulary" out: it follows from the tokenizer.',
  });
}

/**
 * The id that the option `option` holds, as the tokenizer has it.
 *
 * @throws ConfigError when the option was given and is another id.
 */
export function idFor(
  where: string,
  tokenizer: TokenizerFacts,
  option: string,
  id: number,
  asked?: number,
): number {
  if (asked === undefined || asked === id) return id;
  throw new ConfigError(`"${option}" is another id than the tokenizer's`, {
    where,
    expected: `${id}, as ${tokenizer.name} has it`,
    got: asked,
    advice: `Leave "${option}" out: it follows from the tokenizer.`,
  });
}

/** @throws ConfigError for a number that only a tokenizer knows, and was not given. */
export function requireSaid<T>(where: string, option: string, value: T | undefined): T {
  if (value !== undefined) return value;
  throw new ConfigError(`"${option}" is not given`, {
    where,
    expected: `"tokenizer", or "${option}" as the tokenizer has it`,
    advice: 'Give the tokenizer that makes the texts: the option follows from it.',
  });
}

/** @throws ConfigError unless the id that the option `option` holds has a row in the word table. */
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
