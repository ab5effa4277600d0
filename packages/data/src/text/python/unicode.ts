import * as tables from './unicode-tables';

/**
 * The library of Python is several libraries, each with the Unicode of its time; JavaScript has that
 * of its engine. So kinds of characters that differ between them come from tables.
 */

/** A table's code points as the inside of a character class. */
function classOf(table: string): string {
  let from = 0;
  const ranges = table.split(' ').map((range) => {
    const [gap, length] = range.split('+');
    const first = from + parseInt(gap!, 36);
    from = first + parseInt(length ?? '0', 36);
    return `\\u{${first.toString(16)}}-\\u{${from.toString(16)}}`;
  });
  return ranges.join('');
}

/** Of the class `P` and all of ASCII that is neither letter, digit nor space. */
export const punctuation = new RegExp(`[${classOf(tables.punctuation)}]`, 'gu');
/** Words as BERT has them, and each mark of punctuation. */
export const bertWords = new RegExp(
  `[^\\p{White_Space}${classOf(tables.punctuation)}]+|[${classOf(tables.punctuation)}]`,
  'gu',
);
export const numeric = new RegExp(`[${classOf(tables.numeric)}]`, 'gu');
/** Marks that have no width. */
export const nonspacing = new RegExp(`[${classOf(tables.nonspacing)}]`, 'gu');
export const marks = new RegExp(`[${classOf(tables.marks)}]`, 'gu');
/** What BERT's normalizer leaves out: control characters, formats, private use. */
export const control = new RegExp(`[${classOf(tables.control)}]`, 'gu');
/** White space as Rust has it: U+0085 is some, U+FEFF none. */
export const space = /\p{White_Space}/gu;
/**
 * The pattern of the pre-tokenizer `Whitespace`: a run of word characters, or a run of characters that are
 * neither word characters nor white space. Both classes are those of Rust's regular expressions.
 */
export const wordsAndMarks =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200C\u200D]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200C\u200D\p{White_Space}]+/gu;
/** The first, or the last, character is one of a word. */
export const startsWithWord = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200C\u200D]/u;
export const endsWithWord = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200C\u200D]$/u;

const plain = /^[\0-\x7f]*$/;
/** Assigned in JavaScript, and not yet in the regular expressions of Python's library. */
const tooNew = new RegExp(`(?!\\p{Cn})[${classOf(tables.unassigned)}]`, 'gu');

/**
 * A text of the same length for regular expressions: the characters that Python's do not know yet
 * have characters in their place that will never have a meaning.
 */
export function asKnown(text: string): string {
  if (plain.test(text)) return text;
  return text.replace(tooNew, (letter) => (letter.length === 1 ? '\uFDD0' : '\u{1FFFE}'));
}

const unknownForms = new RegExp(
  `([${classOf(tables.unknownForms)}${classOf(tables.unassigned)}])`,
  'u',
);

/**
 * Python's tables of normal forms are older: letters that they lack stay as they are, and nothing is
 * joined or moved past them.
 */
export function normalForm(text: string, form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD'): string {
  if (plain.test(text)) return text;
  if (!unknownForms.test(text)) return text.normalize(form);
  return text
    .split(unknownForms)
    .map((part, at) => (at % 2 === 1 ? part : part.normalize(form)))
    .join('');
}

/** Rust lowers letter by letter: at the end of a word, JavaScript has another small sigma. */
export function lowerCase(text: string): string {
  return text.replaceAll('Σ', 'σ').toLowerCase();
}

/** The letter that begins at a place of a text, of one unit or two; empty at its end. */
export function letterAt(text: string, at: number): string {
  const code = text.codePointAt(at);
  return code === undefined ? '' : String.fromCodePoint(code);
}

/** Where the white space ends that a text begins with. All of it is of one unit. */
export function startWithoutSpace(text: string): number {
  let from = 0;
  while (from < text.length && isSpace.test(text[from]!)) from++;
  return from;
}

/** Where the white space begins that a text ends with. */
export function endWithoutSpace(text: string): number {
  let to = text.length;
  while (to > 0 && isSpace.test(text[to - 1]!)) to--;
  return to;
}

const isSpace = /\p{White_Space}/u;
