import { bytesToLetters } from './byte-letters';
import { charsmap } from './charsmap';
import { partsOf, textOf, type Part, type Piece, type Refuse } from './parts';
import { finderOf } from './patterns';
import {
  control,
  endWithoutSpace,
  letterAt,
  lowerCase,
  marks,
  nonspacing,
  normalForm,
  space,
  startWithoutSpace,
} from './unicode';

export type Normalizer = (piece: Piece) => Piece;

/**
 * A normalizer of `tokenizer.json`.
 *
 * @throws DataError for one that is not read here
 */
export function normalizerOf(part: Part, refuse: Refuse): Normalizer {
  const { type } = part;
  switch (type) {
    case 'Sequence': {
      const steps = partsOf(part['normalizers'], refuse).map((each) => normalizerOf(each, refuse));
      return (piece) => steps.reduce((before, step) => step(before), piece);
    }
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return rewriting((text) => normalForm(text, type));
    case 'Lowercase':
      return rewriting(lowerCase);
    case 'StripAccents':
      return without(marks);
    case 'Strip':
      return strip(part);
    case 'Nmt':
      return nmt;
    case 'Prepend': {
      const before = textOf(part, 'prepend', refuse);
      return rewriting((text) => (text === '' ? text : before + text));
    }
    case 'ByteLevel':
      return rewriting(bytesToLetters);
    case 'Replace':
      return replace(part, refuse);
    case 'BertNormalizer':
      return bert(part);
    case 'Precompiled':
      return rewriting(charsmap(textOf(part, 'precompiled_charsmap', refuse), refuse));
    default:
      throw refuse('an unknown normalizer', type ?? 'nothing');
  }
}

/** A normalizer that never removes the beginning of a text. */
function rewriting(rewrite: (text: string) => string): Normalizer {
  return ({ text, first }) => ({ text: rewrite(text), first });
}

/** @param letters with the flag `g` */
function without(letters: RegExp): Normalizer {
  return ({ text, first }) => ({
    text: text.replace(letters, ''),
    first: first && text.search(letters) !== 0,
  });
}

function strip({ strip_left: left, strip_right: right }: Part): Normalizer {
  return ({ text, first }) => {
    const from = left === true ? startWithoutSpace(text) : 0;
    const to = right === true ? endWithoutSpace(text) : text.length;
    return { text: text.slice(from, Math.max(from, to)), first: first && from === 0 };
  };
}

const nmtRemoved = without(/(?![\0\t\n\f\r\u0080-\u008E\u0090-\u009E])\p{Cc}/gu);

function nmt(piece: Piece): Piece {
  const { text, first } = nmtRemoved(piece);
  return {
    text: text.replace(/[\t\n\f\r\u1680\u200B-\u200F\u2028\u2029\u2581\uFEFF\uFFFD]/g, ' '),
    first,
  };
}

function replace(part: Part, refuse: Refuse): Normalizer {
  const content = textOf(part, 'content', refuse);
  const find = finderOf(part, refuse);
  return ({ text, first }) => {
    const found = find(text);
    const written = found.map(([from, to, isMatch]) => (isMatch ? content : text.slice(from, to)));
    const [[, end, isMatch]] = found as [(typeof found)[0]];
    // What replaces several letters counts as beginning at the last of them.
    const kept = !isMatch || (content !== '' && end <= letterAt(text, 0).length);
    return { text: written.join(''), first: first && kept };
  };
}

const chinese =
  /[\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;

function stripAccents({ text, first }: Piece): Piece {
  const bare = (accented: string): string => normalForm(accented, 'NFD').replace(nonspacing, '');
  return { text: bare(text), first: first && bare(letterAt(text, 0)) !== '' };
}

function bert(part: Part): Normalizer {
  const lowers = part['lowercase'] === true;
  const steps: Normalizer[] = [];
  if (part['clean_text'] === true) {
    steps.push(
      without(control),
      rewriting((text) => text.replace(space, ' ')),
    );
  }
  if (part['handle_chinese_chars'] === true) {
    steps.push(rewriting((text) => text.replace(chinese, ' $& ')));
  }
  if ((part['strip_accents'] ?? lowers) === true) {
    steps.push(stripAccents);
  }
  if (lowers) steps.push(rewriting(lowerCase));
  return (piece) => {
    // Of these letters case alone may change.
    if (!/^[\x20-\x7e]*$/.test(piece.text)) {
      return steps.reduce((before, step) => step(before), piece);
    }
    return lowers ? { text: piece.text.toLowerCase(), first: piece.first } : piece;
  };
}
