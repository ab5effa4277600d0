import { key, type PairSplit } from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import { buildVocabulary, loadPairs, makeScenes, pairBatches, readRows } from '@crossweave/data';
import { singleStream } from '@crossweave/fusion';
import { resnetSmall } from '@crossweave/image-encoder';
import { jointWidth, labelledPairs, taskLoss } from '@crossweave/lab';
import { bertSmall } from '@crossweave/text-encoder';
import { adamW, jointModel, train } from '@crossweave/trainer';
import { stars } from './stars';

console.log((await useEngine()).describe());
const folder = 'runs/custom-task';
await makeScenes({ count: 500, seed: 7, out: folder });
const rows = await readRows(`${folder}/captions.jsonl`);
const captions = rows.flatMap((row) => ('record' in row ? row.record.captions : []));
await buildVocabulary(captions, { out: `${folder}/tokenizer` });
const data = await loadPairs({
  captions: `${folder}/captions.jsonl`,
  tokenizer: `${folder}/tokenizer`,
  imageSize: 64,
  maxTokens: 20,
});

/** The scenes have no stars: a caption gets one for every two words. Yours come from the file. */
function rated(split: PairSplit): PairSplit {
  const rate = (caption: string): number => Math.min(5, Math.ceil(caption.split(' ').length / 2));
  return {
    name: split.name,
    records: split.records.map((each) => ({ ...each, labels: each.captions.map(rate) })),
    images: (wanted) => split.images(wanted),
    texts: (wanted) => split.texts(wanted),
    textIdentity: (caption) => split.textIdentity(caption),
  };
}

const training = rated(data.split('train'));
const task = stars().fit(labelledPairs(training.records).map(({ label }) => label));
const image = resnetSmall({ strides: [2, 2, 2] });
const text = bertSmall({ vocabulary: data.tokenizer.vocabularySize, layers: 2 });
const fusion = singleStream({ dim: 64, layers: 2 });
await train({
  model: jointModel({ image, text, fusion }),
  loss: taskLoss(task, { dim: jointWidth(fusion, image.features, text.features) }),
  optimizer: adamW({ learningRate: 1e-3 }),
  data: pairBatches(training, { batchSize: 32, key: key(1) }),
  steps: 60,
  key: key(0),
  log: (record) => record.kind === 'step' && console.log(record.step, record.loss.toFixed(3)),
});
