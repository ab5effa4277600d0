import { bytePairs } from './byte-pairs';
import type { Model } from './model';
import { isPart, type Part, type Refuse } from './parts';
import { unigram } from './unigram';

/**
 * The model of `tokenizer.json`.
 *
 * @throws DataError for one that is not read here
 */
export function modelOf(model: Part, refuse: Refuse): Model {
  const { vocab, unk_token: unknownToken } = model;
  const type = typeOf(model);
  if (type === 'Unigram') return unigram(model, refuse);
  const ids = new Map(Object.entries(isPart(vocab) ? vocab : {}) as [string, number][]);
  if (type === 'BPE') return bytePairs(model, ids, refuse);
  const unknown = typeof unknownToken === 'string' ? ids.get(unknownToken) : undefined;
  const vocabulary = { size: ids.size, idOf: (token: string) => ids.get(token) };
  const other = (): readonly number[] => {
    if (unknown === undefined) throw new Error('the vocabulary lacks the token for unknown words');
    return [unknown];
  };
  switch (type) {
    case 'WordLevel':
      return {
        ...vocabulary,
        encode: (word) => {
          const id = ids.get(word);
          return id === undefined ? other() : [id];
        },
      };
    case 'WordPiece': {
      const { continuing_subword_prefix: prefix = '##' } = model;
      if (typeof prefix !== 'string') throw refuse('a prefix that is no text', prefix);
      const longest = Number(model['max_input_chars_per_word'] ?? 100);
      return {
        ...vocabulary,
        encode: (word) => wordPieces(word, ids, prefix, longest) ?? other(),
      };
    }
    default:
      throw refuse('an unknown model', type);
  }
}

/** Old files do not name the type. */
function typeOf({ type, vocab, merges, ...rest }: Part): unknown {
  if (type !== undefined) return type;
  if (merges !== undefined) return 'BPE';
  if (Array.isArray(vocab)) return 'Unigram';
  return 'continuing_subword_prefix' in rest ? 'WordPiece' : 'WordLevel';
}

/** The longest tokens, one after another; undefined where a part of the word has none. */
function wordPieces(
  word: string,
  ids: ReadonlyMap<string, number>,
  prefix: string,
  longest: number,
): number[] | undefined {
  if (word.length > longest && Array.from(word).length > longest) return undefined;
  const found: number[] = [];
  for (let from = 0; from < word.length;) {
    let to = word.length;
    let id: number | undefined;
    for (; to > from; to--) {
      const part = word.slice(from, to);
      id = ids.get(from > 0 ? prefix + part : part);
      if (id !== undefined) break;
    }
    if (id === undefined) return undefined;
    found.push(id);
    from = to;
  }
  return found;
}
