/** The beginning of a text, in quotes. */
export function excerpt(text: string, most = 60): string {
  return JSON.stringify(text.length > most ? `${text.slice(0, most)}…` : text);
}
