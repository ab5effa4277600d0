/**
 * What the questions of shapes allow, for docs/benchmarks/tasks.md:
 *
 *   node benchmarks/tasks/shapes-ceiling.mjs queries.jsonl
 *
 * Questions of the validation split with a word that no training question has cannot be answered by what
 * training shows: they get the commonest training answer. The others are taken as answered without a mistake.
 */
import { readFileSync } from 'node:fs';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: shapes-ceiling.mjs queries.jsonl');

const rows = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const [train, val] = ['train', 'val'].map((name) => rows.filter(({ split }) => split === name));
const wordsOf = (query) => query.toLowerCase().match(/\p{L}+/gu) ?? [];
const commonest = (pairs) => {
  const counts = new Map();
  for (const { answer } of pairs) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0];
};
const share = (count) => `${count} of ${val.length} (${(count / val.length).toFixed(3)})`;

const known = new Set(train.flatMap(({ query }) => wordsOf(query)));
const queries = [...new Set(val.map(({ query }) => query))];
const isKnown = (query) => wordsOf(query).every((word) => known.has(word));
const of = (wanted) => val.filter(({ query }) => isKnown(query) === wanted);
const [told, untold] = [of(true), of(false)];
const [majority] = commonest(train);
const guessed = untold.filter(({ answer }) => answer === majority).length;
const perQuery = (pairs) =>
  [...new Set(pairs.map(({ query }) => query))]
    .map((query) => commonest(pairs.filter((pair) => pair.query === query))[1])
    .reduce((sum, count) => sum + count, 0);

console.log(
  `${queries.length} validation questions, ${new Set(train.map(({ query }) => query)).size} training questions`,
);
for (const query of queries.filter((each) => !isKnown(each))) {
  console.log(
    `  untold: ${query} (${wordsOf(query)
      .filter((word) => !known.has(word))
      .join(', ')})`,
  );
}
console.log(`"${majority}" is right in ${guessed} of ${untold.length} pairs with an untold word`);
console.log(`ceiling, the other ${told.length} without a mistake: ${share(guessed + told.length)}`);
console.log(`commoner answer of each of those questions: ${perQuery(told)} of ${told.length}`);
console.log(`commoner answer of every validation question: ${share(perQuery(val))}`);
