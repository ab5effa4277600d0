import { bytesToLetters } from './byte-letters';
import { partsOf, textOf, type Part, type Piece, type Refuse } from './parts';
import {
  behaviorOf,
  finderOf,
  inverted,
  matches,
  split,
  stretches,
  type Behavior,
  type Finder,
} from './patterns';
import { bertWords, numeric, punctuation, space, wordsAndMarks } from './unicode';

/** Takes a piece of a text apart. */
export type PreTokenizer = (piece: Piece) => readonly Piece[];

/**
 * A pre-tokenizer of `tokenizer.json`.
 *
 * @throws DataError for one that is not read here
 */
export function preTokenizerOf(part: Part, refuse: Refuse): PreTokenizer {
  switch (part['type']) {
    case 'Sequence': {
      const all = partsOf(part['pretokenizers'], refuse);
      const late = all.slice(1).find((each) => each['prepend_scheme'] === 'first');
      if (late !== undefined) throw refuse('a first word that another part looks for', late);
      return chain(all.map((each) => preTokenizerOf(each, refuse)));
    }
    case 'Whitespace':
      return separatedBy((text) => inverted(matches(text, wordsAndMarks)), 'Removed');
    case 'WhitespaceSplit':
      return separated(space, 'Removed');
    case 'BertPreTokenizer':
      return bert;
    case 'Punctuation':
      return separated(punctuation, behaviorOf(part['behavior'] ?? 'Isolated', refuse));
    case 'Digits':
      return separated(numeric, part['individual_digits'] === true ? 'Isolated' : 'Contiguous');
    case 'CharDelimiterSplit':
      return separatedBy(finderOf({ pattern: { String: part['delimiter'] } }, refuse), 'Removed');
    case 'Split': {
      const find = finderOf(part, refuse);
      const behavior = behaviorOf(part['behavior'], refuse);
      const isInverted = part['invert'] === true;
      return separatedBy(isInverted ? (text) => inverted(find(text)) : find, behavior);
    }
    case 'FixedLength':
      return fixedLength(part, refuse);
    case 'Metaspace':
      return metaspace(part, refuse);
    case 'ByteLevel':
      return byteLevel(part);
    default:
      throw refuse('an unknown pre-tokenizer', part['type'] ?? 'nothing');
  }
}

function chain(steps: readonly PreTokenizer[]): PreTokenizer {
  return (piece) => steps.reduce<readonly Piece[]>((pieces, step) => pieces.flatMap(step), [piece]);
}

/** Words and marks of punctuation, without the space between them. */
function bert({ text, first }: Piece): Piece[] {
  return Array.from(text.matchAll(bertWords), ({ 0: word, index }) => ({
    text: word,
    first: first && index === 0,
  }));
}

function separated(pattern: RegExp, behavior: Behavior): PreTokenizer {
  return separatedBy((text) => stretches(text, pattern), behavior);
}

function separatedBy(find: Finder, behavior: Behavior): PreTokenizer {
  return (piece) => split(piece, find(piece.text), behavior);
}

function fixedLength({ length = 5 }: Part, refuse: Refuse): PreTokenizer {
  if (!Number.isSafeInteger(length) || (length as number) < 1) {
    throw refuse('pieces of a length that is none', length);
  }
  return ({ text, first }) => {
    const letters = Array.from(text);
    const pieces: Piece[] = [];
    for (let at = 0; at < letters.length; at += length as number) {
      const piece = letters.slice(at, at + (length as number)).join('');
      pieces.push({ text: piece, first: first && at === 0 });
    }
    return pieces;
  };
}

function metaspace(part: Part, refuse: Refuse): PreTokenizer {
  const replacement = textOf(part, 'replacement', refuse);
  const scheme =
    part['add_prefix_space'] === false ? 'never' : (part['prepend_scheme'] ?? 'always');
  if (!['always', 'first', 'never'].includes(scheme as string)) {
    throw refuse('an unknown way to begin', { prepend_scheme: scheme });
  }
  const find = finderOf({ pattern: { String: replacement } }, refuse);
  return ({ text, first }) => {
    const written = text.replaceAll(' ', () => replacement);
    const begins = scheme === 'always' || (scheme === 'first' && first);
    const whole = begins && !written.startsWith(replacement) ? replacement + written : written;
    const piece = { text: whole, first };
    return part['split'] === false ? [piece] : split(piece, find(whole), 'MergedWithNext');
  };
}

/** As GPT-2 splits texts. */
const gpt2 =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

function byteLevel(part: Part): PreTokenizer {
  const splits = part['use_regex'] !== false;
  const begins = part['add_prefix_space'] === true;
  return ({ text, first }) => {
    const whole = { text: begins && !text.startsWith(' ') ? ` ${text}` : text, first };
    const pieces = splits ? split(whole, matches(whole.text, gpt2), 'Isolated') : [whole];
    return pieces.map((piece) => ({ ...piece, text: bytesToLetters(piece.text) }));
  };
}
