/**
 * The character that stands for each byte, as in GPT-2: a printable character of Latin-1 stands for its own
 * byte. The other bytes have the characters from U+0100 on.
 */
const letters = ((): readonly string[] => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isSeen = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCharCode(isSeen ? byte : next++);
  });
})();

/** The bytes of a text in UTF-8, each as a letter. */
export function bytesToLetters(text: string): string {
  let written = '';
  for (const byte of Buffer.from(text)) written += letters[byte]!;
  return written;
}
