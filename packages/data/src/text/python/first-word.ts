import type { Part } from './parts';

/** Normalizers that may write a letter as several. */
const expanding = [
  ...['NFD', 'NFKC', 'NFKD', 'Lowercase', 'Prepend', 'Replace', 'ByteLevel'],
  ...['BertNormalizer', 'Precompiled'],
];

/**
 * Whether it cannot be told here if a text still begins where it began, which `prepend_scheme: first` asks: a
 * letter is written as several, and the first of them may be cut.
 */
export function hidesFirstWord(
  normalizer: Part | undefined,
  preTokenizer: Part | undefined,
): boolean {
  const asks = inside(preTokenizer, 'pretokenizers').some(
    (part) => part['prepend_scheme'] === 'first',
  );
  const parts = asks ? inside(normalizer, 'normalizers') : [];
  const cuts = parts.findLastIndex(
    (part) => part['type'] === 'Strip' && part['strip_left'] === true,
  );
  return parts.slice(0, Math.max(cuts, 0)).some(({ type }) => expanding.includes(String(type)));
}

/** The parts of a part, in their order. */
function inside(part: Part | undefined, name: 'normalizers' | 'pretokenizers'): Part[] {
  if (part === undefined) return [];
  const list = part[name];
  return Array.isArray(list) ? (list as Part[]).flatMap((each) => inside(each, name)) : [part];
}
