/**
 * Labels emoji with their Unicode groups, for docs/benchmarks/tasks.md:
 *
 *   node benchmarks/tasks/emoji-groups.mjs EMOJI_FOLDER data-by-emoji.json groups.jsonl
 *
 * EMOJI_FOLDER holds `pairs.jsonl` (image, caption, concept, split) and the images that it names;
 * `data-by-emoji.json` is of the npm package unicode-emoji-json 0.9. Concepts without a group are left out.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [folder, table, out] = process.argv.slice(2);
if (out === undefined) {
  throw new Error('usage: emoji-groups.mjs EMOJI_FOLDER data-by-emoji.json OUT.jsonl');
}

const plain = (name) =>
  name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replaceAll('&', 'and')
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();

const groups = new Map();
for (const { name, slug, group } of Object.values(JSON.parse(readFileSync(table, 'utf8')))) {
  groups.set(plain(name), group);
  groups.set(plain(slug), group);
}

let left = 0;
const rows = readFileSync(join(folder, 'pairs.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .flatMap((line) => {
    const { image, caption, concept, split } = JSON.parse(line);
    const file = image.split('/').pop().replace('.png', '');
    const names = [concept, caption.split(':')[0], file, `flag ${file.replace('flag_', '')}`];
    const group = names.map((name) => groups.get(plain(name))).find((each) => each !== undefined);
    if (group === undefined) left++;
    return group === undefined
      ? []
      : [JSON.stringify({ image: resolve(folder, image), caption: concept, group, split })];
  });
writeFileSync(out, `${rows.join('\n')}\n`);
console.log(`${rows.length} pairs, ${left} left out`);
