/** The letters that stand for the bytes 0 to 255: those that can be seen for themselves, others from U+0100. */
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
