/**
 * Streams an epoch: `tsx … streaming/stream.ts SOURCE LOG`. Goes on after the last batch of LOG, if
 * there is one, and adds a line to it for each batch: its ids and the position after it. Prints what
 * memory was held as the samples went by.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { disposeBatch, key } from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import {
  imagenetPreprocessing,
  makeVocabulary,
  streamPairs,
  vocabularyTokenizer,
  type StreamPosition,
} from '@crossweave/data';

const [source = '', log = '', every = '0'] = process.argv.slice(2);
await useEngine('cpu');
const stream = await streamPairs({
  source,
  tokenizer: vocabularyTokenizer(makeVocabulary(['a tiny picture'])),
  preprocessing: { ...imagenetPreprocessing, size: 16, resizeTo: 16 },
  batchSize: 250,
  key: key(5),
  shuffle: 4000,
  workers: 2,
});

const whole = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : [];
const last = whole.at(-1);
const from = last === undefined ? 0 : (JSON.parse(last) as { position: StreamPosition }).position;
let seen = 0;
for await (const { batch, position } of stream.batches(from)) {
  // Written at once: the line is whole or missing, or the last and cut.
  if (log !== '') appendFileSync(log, `${JSON.stringify({ ids: batch.ids, position })}\n`);
  seen += batch.size;
  disposeBatch(batch);
  if (Number(every) > 0 && seen % Number(every) === 0) {
    console.log(JSON.stringify({ seen, residentMb: process.memoryUsage().rss / 2 ** 20 }));
  }
}
console.log(
  JSON.stringify({ ...stream.report, seen, peakMb: process.resourceUsage().maxRSS / 1024 }),
);
