/** Longest word, in characters: an error message would truncate a command with a longer one. */
const longest = 600;

/**
 * Control characters, which an error's message replaces, and marks that change the direction of
 * text.
 */
const unwritable =
  // eslint-disable-next-line no-control-regex -- the pattern matches control characters on purpose
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/**
 * Quotes a text as one word of a shell command: in single quotes, on Windows in double quotes,
 * which both of its shells understand. Undefined if the text cannot be quoted so that a message
 * shows it unchanged, or if Windows' shells would expand it.
 */
export function shellWord(text: string, platform: string = process.platform): string | undefined {
  const forWindows = platform === 'win32';
  if (unwritable.test(text) || (forWindows && /["%$`!^\n]/.test(text))) return undefined;
  const word = forWindows ? `"${text}"` : `'${text.replaceAll("'", `'\\''`)}'`;
  return word.length <= longest ? word : undefined;
}
