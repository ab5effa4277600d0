import { listOf, requireValue } from '@crossweave/core/authoring';

const aText = { expected: 'text', accepts: (value: unknown) => typeof value === 'string' };

/** @throws ConfigError for one text in the place of a list, and for numbers, which tokenizers take for no text. */
export function requireTexts(where: string, texts: readonly string[]): void {
  requireValue(where, 'texts', texts, listOf(aText));
}
