import { anyText, listOf, requireValue } from '@crossweave/core/authoring';

/** @throws ConfigError when `texts` is one string, or a list with an entry that is not a string. */
export function requireTexts(where: string, texts: readonly string[]): void {
  requireValue(where, 'texts', texts, listOf(anyText()));
}
