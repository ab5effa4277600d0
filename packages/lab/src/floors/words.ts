/** The words of a caption: runs of letters and digits, in lower case. */
export function wordsOf(caption: string): string[] {
  return caption.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
