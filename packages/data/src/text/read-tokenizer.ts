import { DataError, isCrossweaveError } from '@crossweave/core';
import type { ParsedTokenizer } from './files';
import { pythonTokenizer } from './python/tokenizer';
import type { TransformersTokenizer } from './tokenizer';

/** The part of `tokenizer_config.json` that names special tokens: as text, or as an object with it. */
type SpecialToken = string | { readonly content?: unknown } | null | undefined;

/**
 * A tokenizer with the ids of the library of Python, in the form in which the transformers libraries
 * give theirs.
 *
 * @param where the folder, for messages
 * @throws DataError when no tokenizer can be made of its files. The tokenizer throws one for a text
 * that it cannot encode.
 */
export function readTokenizer(
  where: string,
  { tokenizer, config }: ParsedTokenizer,
): TransformersTokenizer {
  const inner = attempt(where, 'tokenizer.json does not describe a tokenizer', () =>
    pythonTokenizer(tokenizer, where),
  );
  const idOf = (...names: string[]): number | undefined => {
    const token = names.map((name) => contentOf(config[name] as SpecialToken)).find(isText);
    return token === undefined ? undefined : inner.idOf(token);
  };
  // As the transformers libraries have it: GPT-2 and its like pad with their end of text. Where old
  // repositories (bert-base-uncased) name neither, it is what their class of the Python library has.
  const isNamed = ['pad_token', 'eos_token'].some((name) =>
    isText(contentOf(config[name] as SpecialToken)),
  );
  const padId = isNamed
    ? idOf('pad_token', 'eos_token')
    : (inner.idOf('[PAD]') ?? inner.idOf('<pad>'));
  const call: TransformersTokenizer = (text, { add_special_tokens }) =>
    attempt(where, 'the tokenizer cannot encode a text', () => {
      return { input_ids: inner.encode(text, add_special_tokens) };
    });
  return Object.assign(call, {
    pad_token_id: padId,
    unk_token_id: idOf('unk_token'),
    bos_token_id: idOf('bos_token'),
    eos_token_id: idOf('eos_token'),
    cls_token_id: idOf('cls_token'),
    sep_token_id: idOf('sep_token'),
  });
}

function contentOf(token: SpecialToken): unknown {
  return typeof token === 'object' && token !== null ? token.content : token;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** A damaged file may make the code run into errors of any kind. */
function attempt<Result>(where: string, what: string, run: () => Result): Result {
  try {
    return run();
  } catch (cause) {
    if (isCrossweaveError(cause)) throw cause;
    throw new DataError(what, {
      where,
      got: cause instanceof Error ? cause.message : String(cause),
      advice: 'Copy the files of the trained model again, or build them with buildVocabulary.',
      cause,
    });
  }
}
