/**
 * The words of a text as a lower-casing BERT tokenizer sees them: control characters dropped,
 * accents stripped, every punctuation mark and CJK ideograph a word of its own. It follows
 * the transformers libraries' `BertNormalizer` and `BertPreTokenizer`, so that every
 * word found here is one whole token there.
 */
export function bertWords(text: string): string[] {
  return (
    Array.from(text)
      .filter((character) => !/[\0\uFFFD]/.test(character) && !isControl(character))
      .join('')
      .replace(/[\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF]/g, ' $& ')
      .toLowerCase()
      .normalize('NFD')
      .replace(/\p{Mn}/gu, '')
      .match(/[^\s\p{P}$+<=>^`|~]+|[\p{P}$+<=>^`|~]/gu) ?? []
  );
}

function isControl(character: string): boolean {
  return !/[\t\n\r]/.test(character) && /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u.test(character);
}
