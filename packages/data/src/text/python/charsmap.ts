import { isUtf8 } from 'node:buffer';
import type { Refuse } from './parts';

/** Bytes of the longest cluster of characters that is replaced as a whole. */
const longestCluster = 5;

/**
 * The replacements of a SentencePiece model (`Precompiled`): a table of its own, made from rules such as
 * `nmt_nfkc_cf`. It is a trie over bytes of UTF-8 in a double array (that of Darts), before the texts
 * that replace, each of which ends with a zero.
 *
 * @throws DataError for a table that is damaged
 */
export function charsmap(base64: string, refuse: Refuse): (text: string) => string {
  const bytes = Buffer.from(base64, 'base64');
  const size = bytes.length >= 4 ? bytes.readUInt32LE(0) : 0;
  const texts = bytes.subarray(4 + size);
  if (size === 0 || size % 4 !== 0 || 4 + size > bytes.length || !isUtf8(texts)) {
    throw refuse('a damaged table of characters', `${bytes.length} bytes`);
  }
  const units = new Uint32Array(size / 4);
  for (const at of units.keys()) units[at] = bytes.readUInt32LE(4 + 4 * at);
  /** What replaces a text: that of its shortest beginning which has a replacement. */
  const find = (text: string): string | undefined => {
    let at = offsetOf(units[0]!);
    for (const byte of Buffer.from(text)) {
      at = (at ^ byte) >>> 0;
      const unit = units[at];
      if (byte === 0 || unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) return undefined;
      at = (at ^ offsetOf(unit)) >>> 0;
      if ((unit & 0x100) === 0) continue;
      const from = (units[at] ?? 0) & 0x7fffffff;
      const end = texts.indexOf(0, from);
      return texts.toString('utf8', from, end < 0 ? texts.length : end);
    }
    return undefined;
  };
  const known = new Map<string, string>();
  const replaced = (letter: string): string => {
    const before = known.get(letter);
    if (before !== undefined) return before;
    const found = find(letter) ?? letter;
    known.set(letter, found);
    return found;
  };
  return (text) =>
    clusters(text)
      .map((cluster) => {
        const whole = Buffer.byteLength(cluster) <= longestCluster ? find(cluster) : undefined;
        return whole ?? Array.from(cluster, replaced).join('');
      })
      .join('');
}

function offsetOf(unit: number): number {
  return ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** What a reader sees as one character each. */
function clusters(text: string): string[] {
  if (/^[\x20-\x7e]*$/.test(text)) return Array.from(text);
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
