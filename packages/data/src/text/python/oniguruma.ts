import type { Refuse } from './parts';
import { asKnown } from './unicode';

/**
 * Possessive parts whose texts no other way of matching could take: what follows never begins as they do,
 * or may be empty. The patterns of OpenAI's tokenizers have them.
 */
const harmless = [String.raw`[^\r\n\p{L}\p{N}]?+\p{L}`, String.raw`[^\s\p{L}\p{N}]++[\r\n]*|`];

/**
 * A regular expression of Oniguruma, written so that the package's translation keeps its meaning.
 *
 * @throws DataError for what the package would give another meaning
 */
export function oniguruma(regex: string, refuse: Refuse): string {
  const rest = harmless.reduce((text, part) => text.replaceAll(part, 'x'), regex);
  const bare = rest.replace(/\\[\s\S]/g, 'x').replace(/\[[^\]]*\]/g, 'x');
  if (bare.includes('(?>') || /[?*+]\+/.test(bare)) {
    throw refuse('a regular expression that takes all or nothing', regex);
  }
  if (/\(\?(?!i:)[a-z-]/i.test(bare)) {
    throw refuse('a regular expression with options within', regex);
  }
  if (asKnown(regex) !== regex) {
    throw refuse('a regular expression with letters that Python does not know', regex);
  }
  return regex.replace(/\(\?i:([^()]*)\)?/g, (group, content: string) => {
    // Several letters that are one in the other case: ß is ss, and ﬁ fi.
    const isPlain = group.endsWith(')') && /^[\w\s'’"|?*+-]*$/.test(content);
    if (!isPlain || /ss|ff|fi|fl|st/i.test(content)) {
      throw refuse('a regular expression in which case makes no difference', regex);
    }
    const all = content.replace(/s/gi, '[sSſ]').replace(/k/gi, '[kK\u212A]');
    return `(?i:${all})`;
  });
}
