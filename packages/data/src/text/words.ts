/**
 * The words of a text as a lower-casing BERT tokenizer sees them: control characters dropped,
 * accents stripped, every punctuation mark and CJK ideograph a word of its own. It follows
 * Python's `BertNormalizer` and `BertPreTokenizer`, so that every
 * word found here is one whole token there.
 */
export function bertWords(text: string): string[] {
  if (/^[\x20-\x7e]*$/.test(text)) return text.toLowerCase().match(plainWord) ?? [];
  return (
    text
      .replace(/(?![\t\n\r])[\0\uFFFD\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, '')
      .replace(chinese, ' $& ')
      // Rust lowers letter by letter: at the end of a word, JavaScript has another small sigma.
      .replaceAll('Σ', 'σ')
      .toLowerCase()
      .normalize('NFD')
      .replace(/\p{Mn}/gu, '')
      .match(/[^\s\p{P}$+<=>^`|~]+|[\p{P}$+<=>^`|~]/gu) ?? []
  );
}

const chinese =
  /[\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\u{20000}-\u{2A6DF}\u{2A700}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;

/** The same of ASCII, where every mark but letters and digits is one of punctuation. */
const plainWord = /[a-z\d]+|[^\sa-z\d]/g;
