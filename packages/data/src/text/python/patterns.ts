import { SplitPreTokenizer } from '@huggingface/tokenizers';
import { isPart, type Part, type Piece, type Refuse } from './parts';
import { oniguruma } from './oniguruma';
import { asKnown } from './unicode';

/** A stretch of a text, from and to, and whether the pattern matches it. */
export type Stretch = readonly [from: number, to: number, isMatch: boolean];

/** Takes a text apart by what it matches. */
export type Finder = (text: string) => Stretch[];

/**
 * Finds the pattern of a part: a text, or a regular expression of Oniguruma.
 *
 * @throws DataError for one that means another thing in JavaScript
 */
export function finderOf({ pattern }: Part, refuse: Refuse): Finder {
  const { Regex: regex, String: text } = isPart(pattern) ? pattern : {};
  if (typeof text === 'string') {
    const made = new RegExp(escaped(text), 'gu');
    return (piece) => stretches(piece, made);
  }
  if (typeof regex !== 'string') throw refuse('an unknown kind of pattern', pattern);
  const made = translated(oniguruma(regex, refuse));
  if (made === null) throw refuse('a regular expression that JavaScript lacks', regex);
  return (piece) => matches(piece, made);
}

function translated(regex: string): RegExp | null {
  const part = { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated' } as const;
  try {
    return new SplitPreTokenizer({ ...part, invert: false }).pattern;
  } catch {
    return null;
  }
}

export function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** Matches of a regular expression of a tokenizer, for which some letters are unknown. */
export function matches(text: string, pattern: RegExp): Stretch[] {
  return stretches(asKnown(text), pattern);
}

/** Matches of a pattern and what is between them, in their order and without gaps. */
export function stretches(text: string, pattern: RegExp): Stretch[] {
  if (text === '') return [[0, 0, false]];
  const found: Stretch[] = [];
  let end = 0;
  for (const { 0: match, index } of text.matchAll(pattern)) {
    // As Oniguruma has it, nothing is matched right after a match, nor within a letter of two units.
    const isAfterMatch = index === end && found.at(-1)?.[2] === true;
    if (match === '' && (isAfterMatch || isWithinLetter(text, index))) continue;
    if (end !== index) found.push([end, index, false]);
    end = index + match.length;
    found.push([index, end, true]);
  }
  if (end !== text.length) found.push([end, text.length, false]);
  return found;
}

function isWithinLetter(text: string, index: number): boolean {
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(index - 1, index + 1));
}

export function inverted(found: readonly Stretch[]): Stretch[] {
  return found.map(([from, to, isMatch]) => [from, to, !isMatch]);
}

const behaviors = [
  ...(['Removed', 'Isolated', 'Contiguous', 'MergedWithPrevious', 'MergedWithNext'] as const),
];
export type Behavior = (typeof behaviors)[number];

export function behaviorOf(value: unknown, refuse: Refuse): Behavior {
  const found = behaviors.find((behavior) => behavior === value);
  if (found !== undefined) return found;
  throw refuse('an unknown way to split', `behavior: ${String(value)}`);
}

/** What becomes of a piece whose matches separate. */
export function split(piece: Piece, found: readonly Stretch[], behavior: Behavior): Piece[] {
  return joined(found, behavior)
    .filter(([from, to]) => from < to)
    .map(([from, to]) => ({
      text: piece.text.slice(from, to),
      first: piece.first && from === 0,
    }));
}

function joined(found: readonly Stretch[], behavior: Behavior): readonly Stretch[] {
  switch (behavior) {
    case 'Isolated':
      return found;
    case 'Removed':
      return found.filter(([, , isMatch]) => !isMatch);
    case 'Contiguous':
      return join(found, (isMatch, before) => isMatch === before);
    case 'MergedWithPrevious':
      return join(found, (isMatch, before) => isMatch && !before);
    case 'MergedWithNext': {
      // The same from the end.
      const turned = [...found].reverse();
      return join(turned, (isMatch, before) => isMatch && !before).reverse();
    }
  }
}

/** @param joins whether a stretch goes to the one before it */
function join(
  found: readonly Stretch[],
  joins: (isMatch: boolean, before: boolean) => boolean,
): Stretch[] {
  const whole: Stretch[] = [];
  let before = false;
  for (const [from, to, isMatch] of found) {
    const last = whole.at(-1);
    if (last !== undefined && joins(isMatch, before)) {
      whole[whole.length - 1] = [Math.min(last[0], from), Math.max(last[1], to), isMatch];
    } else {
      whole.push([from, to, isMatch]);
    }
    before = isMatch;
  }
  return whole;
}
