import { key } from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import {
  makeScenes,
  makeVocabulary,
  openPairs,
  pairBatches,
  vocabularyTokenizer,
} from '@crossweave/data';
import { dualEncoder } from '@crossweave/fusion';
import { resnetSmall } from '@crossweave/image-encoder';
import { infoNCE } from '@crossweave/losses';
import { bertSmall } from '@crossweave/text-encoder';
import { adamW, jointModel, train } from '@crossweave/trainer';

console.log((await useEngine()).describe());
const folder = 'runs/first-model';
await makeScenes({ count: 500, seed: 7, out: folder }); // or your own pictures and captions.jsonl
const opened = await openPairs({
  captions: `${folder}/captions.jsonl`,
  imageSize: 64,
  maxTokens: 20,
});
const vocabulary = makeVocabulary(opened.captions('train')); // or a tokenizer's folder below
const data = await (await opened.withTokenizer(vocabularyTokenizer(vocabulary))).decode();

const model = jointModel({
  image: resnetSmall({ strides: [2, 2, 2] }),
  text: bertSmall({ vocabulary: data.tokenizer.vocabularySize, layers: 2 }),
  fusion: dualEncoder({ dim: 128 }), // swap it: singleStream({ dim: 64 }), coAttention({ dim: 64 })
});
await train({
  model,
  loss: infoNCE(), // −log(exp(s/T) / Σ exp(s_i/T)), T = 0.1, both ways
  optimizer: adamW({ learningRate: 1e-3 }), // clips the gradient norm at 1
  data: pairBatches(data.split('train'), { batchSize: 32, key: key(1) }),
  steps: 60,
  key: key(0),
  log: (record) => record.kind === 'step' && console.log(record.step, record.loss.toFixed(3)),
});
