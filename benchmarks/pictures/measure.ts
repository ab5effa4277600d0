/**
 * Two epochs over a folder of `makePictures` without training, of which the second is measured:
 * `tsx … pictures/measure.ts FOLDER WORKERS BATCH ENGINE`. Prints a line of JSON, a `Reading`.
 */
import { join } from 'node:path';
import { sum, type Tensor } from '@tensorflow/tfjs-core';
import { disposeBatch, key } from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import { loadPairs, makeVocabulary, pairBatches, vocabularyTokenizer } from '@crossweave/data';
import type { Reading } from './suite';

const [folder = '', workers = '', batch = '', engine = 'onnx'] = process.argv.slice(2);

await useEngine(engine);
const pairs = await loadPairs({
  captions: join(folder, 'captions.jsonl'),
  tokenizer: vocabularyTokenizer(makeVocabulary(['a picture'])),
  // As torchvision's Resize: both sides to 224, bilinear with antialiasing.
  filter: 'bilinear',
  check: 'first',
  cacheBytes: 0,
  workers: Number(workers),
});
const source = pairBatches(pairs.split('train'), {
  batchSize: Number(batch),
  key: key(0),
  dropLast: false,
});
let reading: Reading | undefined;
for (let epoch = 0; epoch < 2; epoch++) {
  const began = performance.now();
  const used = process.cpuUsage();
  let images = 0;
  for await (const each of source.batches(epoch)) {
    images += each.size;
    // Engines that compute when they are read have the batch only then.
    await dataOf(sum(each.image));
    disposeBatch(each);
  }
  const { user, system } = process.cpuUsage(used);
  reading = {
    images,
    seconds: (performance.now() - began) / 1000,
    processorSeconds: (user + system) / 1e6,
    // Linux and Node count it in kilobytes.
    peakMb: process.resourceUsage().maxRSS / 1024,
    versions: { node: process.versions.node },
  };
}
console.log(JSON.stringify(reading));

async function dataOf(value: Tensor): Promise<void> {
  await value.data();
  value.dispose();
}
