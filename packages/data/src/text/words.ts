/**
 * The words of a text as a lower-casing BERT tokenizer sees them: control characters dropped,
 * accents stripped, every punctuation mark and CJK ideograph a word of its own. It follows
 * the transformers libraries' `BertNormalizer` and `BertPreTokenizer`, so that every
 * word found here is one whole token there.
 */
export function bertWords(text: string): string[] {
  if (/^[\x20-\x7e]*$/.test(text)) return text.toLowerCase().match(plainWord) ?? [];
  return (
    text
      .replace(/(?![\t\n\r])[\0\uFFFD\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, '')
      .replace(/[\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF]/g, ' $& ')
      .toLowerCase()
      .normalize('NFD')
      .replace(/\p{Mn}/gu, '')
      .match(/[^\s\p{P}$+<=>^`|~]+|[\p{P}$+<=>^`|~]/gu) ?? []
  );
}

/** The same of ASCII, where every mark but letters and digits is one of punctuation. */
const plainWord = /[a-z\d]+|[^\sa-z\d]/g;
