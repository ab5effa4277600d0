/**
 * Labels emoji with their common keywords, for docs/benchmarks/tasks.md:
 *
 *   node benchmarks/tasks/emoji-keywords.mjs EMOJI_FOLDER keywords.jsonl
 *
 * EMOJI_FOLDER holds `pairs.jsonl` (image, caption, concept, split), whose captions are a name, a colon
 * and keywords. The caption becomes the name alone; keywords that fewer than 40 pairs have are left out.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [folder, out] = process.argv.slice(2);
if (out === undefined) throw new Error('usage: emoji-keywords.mjs EMOJI_FOLDER OUT.jsonl');
const fewest = 40;

const pairs = readFileSync(join(folder, 'pairs.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => {
    const { image, caption, concept, split } = JSON.parse(line);
    const keywords = caption
      .slice(concept.length + 1)
      .split(',')
      .map((word) => word.trim());
    return {
      image,
      concept,
      split,
      keywords: [...new Set(keywords)].filter((word) => word !== ''),
    };
  });
const counts = new Map();
for (const word of pairs.flatMap(({ keywords }) => keywords)) {
  counts.set(word, (counts.get(word) ?? 0) + 1);
}
const rows = pairs.map(({ image, concept, split, keywords }) => ({
  image: resolve(folder, image),
  caption: concept,
  split,
  keywords: keywords.filter((word) => counts.get(word) >= fewest),
}));
writeFileSync(out, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
const known = new Set(rows.flatMap(({ keywords }) => keywords));
const none = rows.filter(({ keywords }) => keywords.length === 0).length;
console.log(`${rows.length} pairs, ${known.size} keywords, ${none} pairs without any`);
