import { ConfigError } from '@crossweave/core';
import { factsOfText } from '@crossweave/data';
import type { OpenModel } from '@crossweave/models';
import type { Session } from '../command';

/**
 * Tells what of texts a model does not read: words that its vocabulary lacks, ends that are cut.
 *
 * @throws ConfigError where it reads nothing of any: their embeddings would be those of no text.
 */
export function tellOfTexts(
  texts: readonly string[],
  { tokenizer, maxTokens = Infinity }: OpenModel,
  { terminal }: Session,
): void {
  if (tokenizer === undefined) return;
  const special = tokenizer.prefix.length + tokenizer.suffix.length;
  const unread: string[] = [];
  let [tokens, unknown, cut] = [0, 0, 0];
  for (const text of texts) {
    const facts = factsOfText(text, tokenizer);
    if (facts.tokens === facts.unknown) unread.push(text);
    tokens += facts.tokens;
    unknown += facts.unknown;
    if (facts.tokens + special > maxTokens) cut++;
  }
  const [first] = unread;
  if (first !== undefined && unread.length === texts.length) throw unreadable(first);
  if (first !== undefined) {
    terminal.note(
      `The model reads nothing of ${unread.length} of ${texts.length} texts, such as ${JSON.stringify(first)}`,
    );
  }
  if (unknown > 0) {
    terminal.note(`${unknown} of ${tokens} tokens unknown to the model's tokenizer`);
  }
  if (cut > 0) {
    terminal.note(`${cut} of ${texts.length} texts cut at the model's ${maxTokens} tokens`);
  }
}

function unreadable(text: string): ConfigError {
  return new ConfigError('the model reads nothing of the text', {
    expected: "at least one token that the model's tokenizer knows",
    got: JSON.stringify(text),
    advice:
      text.trim() === ''
        ? 'The text is empty.'
        : 'The tokenizer of a run knows the words of its training captions: take some of those.',
  });
}
