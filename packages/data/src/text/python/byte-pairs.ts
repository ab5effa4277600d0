import { MergeQueue } from './merge-queue';
import type { Model } from './model';
import type { Part, Refuse } from './parts';

/** Place in the list of merges, and the token that both become. */
type Merge = readonly [rank: number, id: number];

/** A token of a word, in a list that goes both ways. */
interface Link {
  id: number;
  before: number;
  after: number;
  isGone: boolean;
}

const cachedWords = 10_000;
const cachedLength = 256;

/**
 * Byte pair encoding (Sennrich et al., 2016): letters of a word are merged, the pair first that
 * stands first in the list.
 *
 * @throws DataError for settings that leave merges to chance, or merges that are none
 */
export function bytePairs(model: Part, ids: ReadonlyMap<string, number>, refuse: Refuse): Model {
  const { dropout, unk_token: unknownToken, ignore_merges: takesWords } = model;
  if (typeof dropout === 'number' && dropout > 0) throw refuse('a dropout of merges', dropout);
  const merges = mergesOf(model, ids, refuse);
  const spelled = speller(model, ids);
  const known = new Map<string, readonly number[]>();
  const encode = (word: string): readonly number[] => {
    const whole = takesWords === true ? ids.get(word) : undefined;
    if (whole !== undefined) return [whole];
    const before = known.get(word);
    if (before !== undefined) return before;
    const found = merged(spelled(word), merges);
    if (known.size < cachedWords && word.length < cachedLength) known.set(word, found);
    return found;
  };
  if (typeof unknownToken === 'string' && !ids.has(unknownToken)) {
    throw refuse('a token for unknown letters that its vocabulary lacks', unknownToken);
  }
  return { size: ids.size, idOf: (token) => ids.get(token), encode };
}

/** A number above all ids: with it, a pair of ids is written as one number. */
const manyIds = 2 ** 26;

function mergesOf(
  { merges, continuing_subword_prefix: prefix }: Part,
  ids: ReadonlyMap<string, number>,
  refuse: Refuse,
): Map<number, Merge> {
  if (!Array.isArray(merges)) throw refuse('byte pairs without merges', typeof merges);
  const within = typeof prefix === 'string' ? prefix.length : 0;
  const found = new Map<number, Merge>();
  let rank = 0;
  for (const merge of merges as unknown[]) {
    if (typeof merge === 'string' && merge.startsWith('#version')) continue;
    const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    if (!Array.isArray(pair) || pair.length !== 2) throw refuse('a merge that is none', merge);
    const [left, right] = pair as [string, string];
    const [a, b, both] = [left, right, left + right.slice(within)].map((token) => ids.get(token));
    if (a === undefined || b === undefined || both === undefined) {
      throw refuse('a merge of tokens that its vocabulary lacks', merge);
    }
    found.set(a * manyIds + b, [rank++, both]);
  }
  return found;
}

/** The tokens of a word's letters. */
function speller(model: Part, ids: ReadonlyMap<string, number>): (word: string) => number[] {
  const affix = (name: string): string => (typeof model[name] === 'string' ? model[name] : '');
  const [prefix, suffix] = [affix('continuing_subword_prefix'), affix('end_of_word_suffix')];
  const unknown = ids.get(String(model['unk_token']));
  const [byBytes, joins] = [model['byte_fallback'] === true, model['fuse_unk'] === true];
  return (word) => {
    const found: number[] = [];
    let unknowns = 0;
    const letters = Array.from(word);
    const last = letters.length - 1;
    letters.forEach((letter, at) => {
      const token = `${at > 0 ? prefix : ''}${letter}${at === last ? suffix : ''}`;
      const id = ids.get(token);
      if (id !== undefined) {
        if (unknowns > 0) found.push(unknown!);
        unknowns = 0;
        found.push(id);
        return;
      }
      const bytes = byBytes
        ? Array.from(Buffer.from(token), (byte) => ids.get(byteToken(byte)))
        : [];
      if (bytes.length > 0 && bytes.every((byte) => byte !== undefined)) {
        // An unknown letter before these bytes comes after them, as in the library of Python.
        found.push(...bytes);
      } else if (unknown !== undefined) {
        if (unknowns > 0 && !joins) found.push(unknown);
        unknowns = 1;
      }
    });
    if (unknowns > 0) found.push(unknown!);
    return found;
  };
}

export function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

function merged(ids: number[], merges: ReadonlyMap<number, Merge>): readonly number[] {
  if (ids.length < 2) return ids;
  const symbols = ids.map((id, at): Link => {
    return { id, before: at - 1, after: at + 1 < ids.length ? at + 1 : -1, isGone: false };
  });
  const mergeAt = (at: number): Merge | undefined => {
    const symbol = symbols[at];
    if (symbol === undefined || symbol.after < 0) return undefined;
    return merges.get(symbol.id * manyIds + symbols[symbol.after]!.id);
  };
  const queue = new MergeQueue();
  const add = (at: number): void => {
    const merge = mergeAt(at);
    if (merge !== undefined) queue.add({ at, rank: merge[0], id: merge[1] });
  };
  symbols.forEach((_, at) => add(at));
  for (let next = queue.next(); next !== undefined; next = queue.next()) {
    const symbol = symbols[next.at]!;
    // Another merge may have changed the pair meanwhile.
    if (symbol.isGone || mergeAt(next.at)?.[1] !== next.id) continue;
    const right = symbols[symbol.after]!;
    right.isGone = true;
    symbol.id = next.id;
    symbol.after = right.after;
    if (right.after >= 0) symbols[right.after]!.before = next.at;
    if (symbol.before >= 0) add(symbol.before);
    add(next.at);
  }
  return symbols.filter(({ isGone }) => !isGone).map(({ id }) => id);
}
