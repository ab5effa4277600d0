/** Longer words would be cut in a message, and the command with them. */
const longest = 600;

/** Control characters (an error's message replaces them) and marks that turn the direction of text. */
const unwritable =
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/**
 * A text as one word of a shell's command that stands for exactly this text: in single quotes, or
 * on Windows in the double quotes that both of its shells know. Undefined for a text that no word
 * stands for in a message, or that Windows' shells would change.
 */
export function shellWord(text: string, platform: string = process.platform): string | undefined {
  const forWindows = platform === 'win32';
  if (unwritable.test(text) || (forWindows && /["%$`!^\n]/.test(text))) return undefined;
  const word = forWindows ? `"${text}"` : `'${text.replaceAll("'", `'\\''`)}'`;
  return word.length <= longest ? word : undefined;
}
