import { key } from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import { buildVocabulary, loadPairs, makeScenes, pairBatches, readRows } from '@crossweave/data';
import { resnetSmall } from '@crossweave/image-encoder';
import { bertSmall } from '@crossweave/text-encoder';
import { adamW, jointModel, train } from '@crossweave/trainer';
import { comparison } from './comparison';
import { rankingLoss } from './ranking-loss';

console.log((await useEngine()).describe());
const folder = 'runs/custom-fusion';
await makeScenes({ count: 500, seed: 7, out: folder }); // or your own pictures and captions.jsonl
const rows = await readRows(`${folder}/captions.jsonl`);
const captions = rows.flatMap((row) => ('record' in row ? row.record.captions : []));
await buildVocabulary(captions, { out: `${folder}/tokenizer` });
const data = await loadPairs({
  captions: `${folder}/captions.jsonl`,
  tokenizer: `${folder}/tokenizer`,
  imageSize: 64,
  maxTokens: 20,
});

await train({
  model: jointModel({
    image: resnetSmall({ strides: [2, 2, 2] }),
    text: bertSmall({ vocabulary: data.tokenizer.vocabularySize, layers: 2 }),
    fusion: comparison({ dim: 64 }), // a plug-in like any other
  }),
  loss: rankingLoss(), // ln 2 = 0.693 is chance
  optimizer: adamW({ learningRate: 1e-3 }),
  data: pairBatches(data.split('train'), { batchSize: 32, key: key(1) }),
  steps: 60,
  key: key(0),
  log: (record) => record.kind === 'step' && console.log(record.step, record.loss.toFixed(3)),
});
