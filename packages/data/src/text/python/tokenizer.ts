import { addedTokensOf } from './added-tokens';
import { hidesFirstWord } from './first-word';
import { modelOf } from './models';
import { normalizerOf } from './normalizers';
import { isPart, refusal, type Part } from './parts';
import { preTokenizerOf } from './pre-tokenizers';
import { specialIdsOf } from './special-ids';

/** What is read of `tokenizer.json`. */
export interface PythonTokenizer {
  encode(text: string, specialTokens: boolean): number[];
  idOf(token: string): number | undefined;
}

/**
 * A tokenizer with the ids of the library of Python, `tokenizers`, by which text towers were trained.
 *
 * @param tokenizer the content of `tokenizer.json`
 * @param where the folder, for messages
 * @throws DataError for parts that are not read here, or are damaged
 */
export function pythonTokenizer(tokenizer: Part, where: string): PythonTokenizer {
  const refuse = refusal(where);
  const { normalizer, pre_tokenizer: preTokenizer, model, added_tokens: added } = tokenizer;
  const optional = (value: unknown, what: string): Part | undefined => {
    if (value === null || value === undefined) return undefined;
    if (isPart(value)) return value;
    throw refuse(what, value);
  };
  const [normalizing, splitting] = [
    optional(normalizer, 'a normalizer that is none'),
    optional(preTokenizer, 'a pre-tokenizer that is none'),
  ];
  if (!isPart(model)) throw refuse('no model', model ?? 'nothing');
  const normalize = normalizing && normalizerOf(normalizing, refuse);
  const split = splitting && preTokenizerOf(splitting, refuse);
  if (hidesFirstWord(normalizing, splitting)) {
    throw refuse('a first word after a letter that is written as several and cut', normalizer);
  }
  const words = modelOf(model, refuse);
  const tokens = addedTokensOf(added, normalize, words, refuse);
  const special = specialIdsOf(tokenizer['post_processor'], refuse);
  const idsOf = (text: string): number[] =>
    tokens.asWritten({ text, first: true }).flatMap((section) => {
      if (typeof section === 'number') return section;
      const normalized = normalize?.(section) ?? section;
      return tokens.normalized(normalized).flatMap((part) => {
        if (typeof part === 'number') return part;
        if (part.text === '') return [];
        return (split?.(part) ?? [part]).flatMap(({ text: word }) => words.encode(word));
      });
    });
  return {
    encode: (text, specialTokens) => {
      if (/\p{Surrogate}/u.test(text)) throw new Error('half of a pair of surrogates is no text');
      const ids = idsOf(text);
      return specialTokens ? [...special.before, ...ids, ...special.after] : ids;
    },
    idOf: (token) => tokens.idOf(token) ?? words.idOf(token),
  };
}
