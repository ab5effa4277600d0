import type { Model } from './model';
import type { Normalizer } from './normalizers';
import { isPart, type Piece, type Refuse } from './parts';
import { escaped } from './patterns';
import {
  asKnown,
  endWithoutSpace,
  endsWithWord,
  startWithoutSpace,
  startsWithWord,
} from './unicode';

/** A section of a text: the id of an added token, or the text between two of them. */
export type Section = number | Piece;

/** Finds the added tokens of a text, before or after it is normalized. */
export type Sections = (piece: Piece) => Section[];

interface AddedToken {
  readonly content: string;
  readonly id: number;
  readonly normalized: boolean;
  readonly singleWord: boolean;
  readonly left: boolean;
  readonly right: boolean;
}

export interface AddedTokens {
  /** Those that are looked for in the text as it is. */
  readonly asWritten: Sections;
  readonly normalized: Sections;
  idOf(content: string): number | undefined;
}

/**
 * The added tokens of `tokenizer.json`.
 *
 * @throws DataError where the library of Python gives one another id, or cannot tell two apart
 */
export function addedTokensOf(
  list: unknown,
  normalize: Normalizer | undefined,
  model: Pick<Model, 'idOf' | 'size'>,
  refuse: Refuse,
): AddedTokens {
  const tokens = new Map<string, AddedToken>();
  let next = model.size;
  for (const entry of Array.isArray(list) ? (list as unknown[]) : []) {
    const token = readToken(entry, refuse);
    const own = tokens.get(token.content)?.id ?? model.idOf(token.content) ?? next;
    if (own !== token.id) {
      throw refuse(
        `an added token whose id would be ${own} in Python`,
        `${JSON.stringify(token.content)}, id ${token.id}`,
      );
    }
    if (own === next) next++;
    tokens.set(token.content, token);
  }
  const all = [...tokens.values()];
  const written = (text: string): string =>
    normalize === undefined ? text : normalize({ text, first: true }).text;
  return {
    asWritten: finder(
      all.filter(({ normalized }) => !normalized).map((token) => [token.content, token]),
      refuse,
    ),
    normalized: finder(
      all.filter(({ normalized }) => normalized).map((token) => [written(token.content), token]),
      refuse,
    ),
    idOf: (content) => tokens.get(content)?.id,
  };
}

function readToken(entry: unknown, refuse: Refuse): AddedToken {
  const { content, id, special, normalized, ...rest } = isPart(entry) ? entry : {};
  if (typeof content !== 'string' || content === '' || typeof id !== 'number') {
    throw refuse('an added token without content or id', entry);
  }
  return {
    content,
    id,
    normalized: typeof normalized === 'boolean' ? normalized : special !== true,
    singleWord: rest['single_word'] === true,
    left: rest['lstrip'] === true,
    right: rest['rstrip'] === true,
  };
}

/**
 * @param entries the texts that are searched for, each with its token. Where several begin at one place, the
 *   longest is found.
 */
function finder(entries: readonly (readonly [string, AddedToken])[], refuse: Refuse): Sections {
  const found = new Map(entries);
  if (found.size < entries.length || found.has('')) {
    throw refuse('added tokens that are one and the same once normalized', [...found.keys()]);
  }
  if (found.size === 0) return (piece) => [piece];
  const longestFirst = [...found.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escaped).join('|'), 'gu');
  return (piece) => sectionsOf(piece, pattern, found);
}

function sectionsOf(
  { text, first }: Piece,
  pattern: RegExp,
  tokens: ReadonlyMap<string, AddedToken>,
): Section[] {
  const sections: Section[] = [];
  const known = asKnown(text);
  let end = 0;
  const between = (to: number): void => {
    if (end < to) sections.push({ text: text.slice(end, to), first: first && end === 0 });
  };
  for (const { 0: content, index } of text.matchAll(pattern)) {
    const token = tokens.get(content)!;
    let [from, to] = [index, index + content.length];
    const isWithin =
      endsWithWord.test(known.slice(0, from)) || startsWithWord.test(known.slice(to));
    if (token.singleWord && isWithin) continue;
    // The token before may have taken this white space (`rstrip`).
    if (token.left) from = Math.max(endWithoutSpace(text.slice(0, from)), end);
    if (token.right) to += startWithoutSpace(text.slice(to));
    if (from > to) throw new Error(`the added token ${JSON.stringify(content)} overlaps another`);
    between(from);
    if (from < to) sections.push(token.id);
    end = to;
  }
  between(text.length);
  return sections;
}
