/** Words for sides, each with the one that it becomes in the mirror. */
const mirror = new Map(
  [
    ['left', 'right'],
    ['lefts', 'rights'],
    ['leftmost', 'rightmost'],
    ['leftward', 'rightward'],
    ['leftwards', 'rightwards'],
    ['lefthand', 'righthand'],
    ['leftside', 'rightside'],
    ['lefty', 'righty'],
    ['anticlockwise', 'clockwise'],
    ['counterclockwise', 'clockwise'],
  ].flatMap(([a, b]) => [
    [b!, a!],
    [a!, b!],
  ]),
);

/** Words that name a colour, or say that there is one. */
const colours = new Set([
  ...['reddish', 'redder', 'reddest', 'bluish', 'whitish', 'purplish'],
  ...[
    ...['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'violet', 'pink', 'brown', 'black'],
    ...['white', 'grey', 'gray', 'cyan', 'magenta', 'teal', 'turquoise', 'beige', 'tan', 'maroon'],
    ...['navy', 'olive', 'lime', 'indigo', 'gold', 'golden', 'silver', 'crimson', 'scarlet'],
    ...['amber', 'azure', 'ivory', 'khaki', 'lavender', 'lilac', 'mauve', 'ochre', 'peach'],
    ...['ruby', 'rust', 'salmon', 'sepia', 'tawny', 'auburn', 'blond', 'blonde', 'ginger'],
    ...['bronze', 'copper', 'cream', 'emerald', 'aqua', 'fuchsia', 'burgundy', 'charcoal'],
    ...['coral', 'rose', 'sapphire', 'color', 'colour', 'colors', 'colours', 'colored'],
    ...['coloured', 'colorful', 'colourful', 'colorless', 'colourless', 'monochrome', 'bright'],
    ...['dark', 'pale', 'light', 'rainbow', 'multicolored', 'multicoloured', 'shade', 'hue'],
  ].flatMap((name) => [name, `${name}ish`, `${name}er`, `${name}est`, `${name}s`]),
]);
const word = /[\p{L}\p{M}\p{N}]+/gu;

/** Whether a text says left or right, or the like. */
export function saysSide(text: string): boolean {
  return wordsOf(text).some((each) => mirror.has(each));
}

/** The text as it is true of the mirrored picture: left and right change places. */
export function mirroredText(text: string): string {
  return text.replace(word, (found) => {
    const other = mirror.get(found.toLowerCase());
    return other === undefined ? found : likeCase(found, other);
  });
}

/** Whether a text names a colour. */
export function saysColour(text: string): boolean {
  return wordsOf(text).some((each) => colours.has(each));
}

function wordsOf(text: string): string[] {
  return Array.from(text.matchAll(word), ([found]) => found.toLowerCase());
}

/** In the case of the word whose place it takes: `Left`, `LEFT`. */
function likeCase(found: string, other: string): string {
  if (found === found.toUpperCase()) return other.toUpperCase();
  return found.charAt(0) === found.charAt(0).toUpperCase()
    ? `${other.charAt(0).toUpperCase()}${other.slice(1)}`
    : other;
}

/** The text with other words in the place of some, in their case. */
export function reworded(text: string, others: ReadonlyMap<string, string>): string {
  if (others.size === 0) return text;
  return text.replace(word, (found) => {
    const other = others.get(found.toLowerCase());
    return other === undefined ? found : likeCase(found, other);
  });
}

/** Whether it is one word, as captions are taken apart. */
export function isWord(text: string): boolean {
  return wordsOf(text).join('') === text.toLowerCase() && wordsOf(text).length === 1;
}

/**
 * The text without some of its words, of which at least one stays.
 *
 * @param dropped for each word between spaces, whether it goes
 */
export function withoutWords(text: string, dropped: (count: number) => readonly boolean[]): string {
  const words = text.split(/\s+/).filter((each) => each !== '');
  const goes = dropped(words.length);
  const kept = words.filter((_, i) => goes[i] !== true);
  return kept.length === 0 ? (words[0] ?? text) : kept.join(' ');
}
