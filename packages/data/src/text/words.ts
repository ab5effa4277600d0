import { normalizerOf } from './python/normalizers';
import { refusal } from './python/parts';
import { bertWords as wordsAndMarks } from './python/unicode';

const settings = { clean_text: true, handle_chinese_chars: true, lowercase: true };
const normalize = normalizerOf({ type: 'BertNormalizer', ...settings }, refusal('bertWords'));

/**
 * The words of a text as a lower-casing BERT tokenizer sees them: control characters dropped,
 * accents stripped, every punctuation mark and CJK ideograph a word of its own. They are those of
 * Python's `BertNormalizer` and `BertPreTokenizer`, so that every word found here is one whole token
 * there.
 */
export function bertWords(text: string): string[] {
  if (/^[\x20-\x7e]*$/.test(text)) return text.toLowerCase().match(plainWord) ?? [];
  const whole = text.replace(/\p{Surrogate}/gu, '');
  return normalize({ text: whole, first: true }).text.match(wordsAndMarks) ?? [];
}

/** The same of ASCII, where every mark but letters and digits is one of punctuation. */
const plainWord = /[a-z\d]+|[^\sa-z\d]/g;
