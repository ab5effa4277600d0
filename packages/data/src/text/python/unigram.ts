import { byteToken } from './byte-pairs';
import type { Model } from './model';
import type { Part, Refuse } from './parts';
import { letterAt } from './unicode';

/** A node of a trie over UTF-16 units. */
interface Node {
  readonly next: Map<number, Node>;
  id?: number;
}

/** How much less likely than the least likely token an unknown letter is. */
const unknownPenalty = 10;

/**
 * The most likely tokens of a text (Kudo, 2018), as scores of tokens have it.
 *
 * @throws DataError for a vocabulary that is no list of tokens with scores
 */
export function unigram(model: Part, refuse: Refuse): Model {
  const vocabulary = vocabularyOf(model['vocab'], refuse);
  const ids = new Map(vocabulary.map(([token], id) => [token, id]));
  const root: Node = { next: new Map() };
  for (const [token, id] of ids) insert(root, token, id);
  const least = vocabulary.reduce((least, [, score]) => Math.min(least, score), Infinity);
  const unknown = typeof model['unk_id'] === 'number' ? model['unk_id'] : undefined;
  if (unknown !== undefined && vocabulary[unknown] === undefined) {
    throw refuse('an unknown token that its vocabulary lacks', `unk_id: ${unknown}`);
  }
  const lacking = (): never => {
    throw new Error('the vocabulary lacks the token for unknown letters');
  };
  const spelled = (text: string): readonly number[] => {
    const bytes = Array.from(Buffer.from(text), (byte) => ids.get(byteToken(byte)));
    const isSpelled = model['byte_fallback'] === true && bytes.every((byte) => byte !== undefined);
    return isSpelled ? bytes : [unknown ?? lacking()];
  };
  const encode = (text: string): readonly number[] =>
    bestPath(text, root, vocabulary, {
      id: unknown ?? -1,
      score: least - unknownPenalty,
      taken: () => unknown ?? lacking(),
    }).flatMap((token) => {
      const id = ids.get(token);
      return id === undefined ? spelled(token) : [id];
    });
  return { size: vocabulary.length, idOf: (token) => ids.get(token), encode };
}

type Vocabulary = readonly (readonly [token: string, score: number])[];

function vocabularyOf(vocabulary: unknown, refuse: Refuse): Vocabulary {
  const isEntry = (entry: unknown): boolean =>
    Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'number';
  if (Array.isArray(vocabulary) && vocabulary.every(isEntry)) return vocabulary as Vocabulary;
  throw refuse('a vocabulary without scores', typeof vocabulary);
}

function insert(root: Node, token: string, id: number): void {
  let node = root;
  for (let at = 0; at < token.length; at++) {
    const unit = token.charCodeAt(at);
    let next = node.next.get(unit);
    if (next === undefined) node.next.set(unit, (next = { next: new Map() }));
    node = next;
  }
  if (node !== root) node.id = id;
}

interface UnknownLetter {
  readonly id: number;
  readonly score: number;
  /** Called where an unknown letter is the best so far. */
  taken(): void;
}

/** Tokens from the beginning of a text to its end, unknown letters side by side as one. */
function bestPath(
  text: string,
  root: Node,
  vocabulary: Vocabulary,
  unknown: UnknownLetter,
): string[] {
  const scores = new Float64Array(text.length + 1);
  const from = new Int32Array(text.length + 1).fill(-1);
  const ids = new Int32Array(text.length + 1);
  const reach = (start: number, end: number, id: number, score: number): boolean => {
    const whole = score + scores[start]!;
    if (from[end]! >= 0 && whole <= scores[end]!) return false;
    scores[end] = whole;
    from[end] = start;
    ids[end] = id;
    return true;
  };
  for (let start = 0; start < text.length;) {
    const letter = letterAt(text, start).length;
    let hasLetter = false;
    let node: Node | undefined = root;
    for (let at = start; at < text.length; at++) {
      node = node.next.get(text.charCodeAt(at));
      if (node === undefined) break;
      if (node.id === undefined) continue;
      reach(start, at + 1, node.id, vocabulary[node.id]![1]);
      hasLetter ||= at + 1 - start === letter;
    }
    if (!hasLetter && reach(start, start + letter, unknown.id, unknown.score)) unknown.taken();
    start += letter;
  }
  const path: string[] = [];
  let after = -1;
  for (let end = text.length; end > 0;) {
    const [start, id] = [from[end]!, ids[end]!];
    const token = text.slice(start, end);
    if (id === unknown.id && after === id && path.length > 0) path.push(token + path.pop()!);
    else path.push(token);
    after = id;
    end = start;
  }
  return path.reverse();
}
