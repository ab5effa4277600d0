import { DataError } from '@crossweave/core';

type Part = Readonly<Record<string, unknown>>;

/** White space as Rust has it: U+0085 is some, U+FEFF none. */
const space = String.raw`\p{White_Space}`;
const word = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200C\u200D`;
const mark = String.raw`\p{P}\u0021-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u007E`;

/**
 * The content of `tokenizer.json` with those of its parts rewritten that `@huggingface/tokenizers`
 * computes otherwise than the library of Python, by whose ids a text tower was trained: words with
 * letters beyond ASCII under `Whitespace`, for one, would come apart at each of these letters.
 *
 * @throws DataError for parts that can be given no form with the ids of Python
 */
export function withPythonRules(tokenizer: Part, where: string): Part {
  const { normalizer, pre_tokenizer: preTokenizer, model, added_tokens: added } = tokenizer;
  const refuse = (what: string, got: string): DataError =>
    new DataError(`the tokenizer has ${what}, which is not read here`, {
      where,
      expected: 'parts of tokenizer.json that give the ids of the library of Python',
      got,
      advice: 'Take a tokenizer without it: its ids would be others than those of Python.',
    });
  const { type, continuing_subword_prefix: prefix } = isPart(model) ? model : {};
  if (type === 'BPE' && typeof prefix === 'string' && prefix !== '') {
    throw refuse('byte pairs with a prefix within words', `continuing_subword_prefix: "${prefix}"`);
  }
  const single = Array.isArray(added) ? added.find(isSingleWord) : undefined;
  if (single !== undefined) {
    throw refuse('an added token that is a single word', JSON.stringify(single.content));
  }
  return {
    ...tokenizer,
    normalizer: isPart(normalizer) ? normalizerOf(normalizer) : normalizer,
    pre_tokenizer: isPart(preTokenizer) ? preTokenizerOf(preTokenizer, refuse) : preTokenizer,
  };
}

function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

function isSingleWord(token: unknown): token is Part {
  return isPart(token) && token['single_word'] === true;
}

function sequence(...normalizers: readonly Part[]): Part {
  return { type: 'Sequence', normalizers };
}

function replace(pattern: Part, content: string): Part {
  return { type: 'Replace', pattern, content };
}

/** Rust lowers letter by letter: at the end of a word, JavaScript has another small sigma. */
const sigma = replace({ String: 'Σ' }, 'σ');
/** Chinese characters of two units, which the package does not see as such. */
const farChinese = replace(
  { Regex: String.raw`([\u{20000}-\u{2A6DF}\u{2A700}-\u{2CEAF}\u{2F800}-\u{2FA1F}])` },
  ' $1 ',
);

function normalizerOf(part: Part): Part {
  switch (part['type']) {
    case 'Sequence': {
      const parts = part['normalizers'];
      if (!Array.isArray(parts)) return part;
      return sequence(...parts.map((each: unknown) => (isPart(each) ? normalizerOf(each) : {})));
    }
    case 'Lowercase':
      return sequence(sigma, part);
    case 'BertNormalizer': {
      const before = [
        ...(part['lowercase'] === true ? [sigma] : []),
        ...(part['handle_chinese_chars'] === true ? [farChinese] : []),
      ];
      return before.length === 0 ? part : sequence(...before, part);
    }
    case 'Replace':
      // What replaces is text: in JavaScript, `$1` and `$&` would mean something.
      return { ...part, content: textOf(part['content'], '').replaceAll('$', '$$$$') };
    default:
      return part;
  }
}

/** What is found by the pattern are the parts. */
function matches(regex: string): Part {
  return { type: 'Split', pattern: { Regex: regex }, behavior: 'Removed', invert: true };
}

function preTokenizerOf(part: Part, refuse: (what: string, got: string) => DataError): Part {
  switch (part['type']) {
    case 'Sequence': {
      const parts = part['pretokenizers'];
      if (!Array.isArray(parts)) return part;
      const own = parts.map((each: unknown) =>
        isPart(each) ? preTokenizerOf(each, refuse) : each,
      );
      return { ...part, pretokenizers: own };
    }
    case 'Whitespace':
      return matches(`[${word}]+|[^${word}${space}]+`);
    case 'WhitespaceSplit':
      return matches(`[^${space}]+`);
    case 'BertPreTokenizer':
      return matches(`[^${space}${mark}]+|[${mark}]`);
    case 'Digits':
      return matches(String.raw`[^\p{N}]+|\p{N}${part['individual_digits'] === true ? '' : '+'}`);
    case 'Metaspace':
      // The package joins words to one piece, which is another for models that look words up.
      return part['split'] === false
        ? part
        : { type: 'Sequence', pretokenizers: [part, metaspaceSplit(part, refuse)] };
    case 'Punctuation':
      return split(`[${mark}]`, textOf(part['behavior'], 'Isolated'), refuse);
    case 'Split': {
      const { pattern, behavior, invert } = part;
      const regex = isPart(pattern) ? regexOf(pattern) : undefined;
      if (regex === undefined) return part;
      if (behavior === 'Removed' || (behavior === 'Isolated' && invert !== true)) return part;
      // Parts that stand alone do so whichever of them separate.
      if (behavior === 'Isolated') return { ...part, invert: false };
      if (invert !== true) return split(regex, String(behavior), refuse);
      throw refuse('a pattern whose rest separates', `behavior: ${String(behavior)}, invert: true`);
    }
    default:
      return part;
  }
}

function metaspaceSplit(
  { replacement }: Part,
  refuse: (what: string, got: string) => DataError,
): Part {
  const text = typeof replacement === 'string' ? replacement : '▁';
  return split(regexOf({ String: text })!, 'MergedWithNext', refuse);
}

function regexOf({ Regex: regex, String: text }: Part): string | undefined {
  if (typeof regex === 'string') return regex;
  return typeof text === 'string'
    ? text.replace(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`)
    : undefined;
}

/** Parts that a pattern separates, as a pattern of the parts themselves. */
function split(
  regex: string,
  behavior: string,
  refuse: (what: string, got: string) => DataError,
): Part {
  const other = String.raw`(?:(?!${regex})[\s\S])`;
  const parts: Readonly<Record<string, string>> = {
    removed: `${other}+`,
    isolated: `(?:${regex})|${other}+`,
    contiguous: `(?:${regex})+|${other}+`,
    mergedwithprevious: `${other}*(?:${regex})|${other}+`,
    mergedwithnext: `(?:${regex})${other}*|${other}+`,
  };
  const found = parts[behavior.toLowerCase()];
  if (found === undefined) throw refuse('an unknown way to split', `behavior: ${behavior}`);
  return matches(found);
}

/**
 * The name of a pre-tokenizer that the transformers libraries of JavaScript compute otherwise than
 * Python, for ordinary texts; undefined where a tokenizer has none. These libraries read the files
 * themselves, so that {@link withPythonRules} cannot mend them.
 */
export function pythonAlone(preTokenizer: unknown): string | undefined {
  if (!isPart(preTokenizer)) return undefined;
  const { type, pretokenizers: parts } = preTokenizer;
  if (Array.isArray(parts)) return parts.map(pythonAlone).find((found) => found !== undefined);
  return type === 'Whitespace' || type === 'Punctuation' ? type : undefined;
}
