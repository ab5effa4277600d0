/** The commonest tasks, each a few lines. `npm start` runs them one after another. */
import { disposeParams, key, subtree, type Params } from '@crossweave/core';
import { loadSafetensors, saveSafetensors } from '@crossweave/checkpoints/node';
import {
  loadPairs,
  makeVocabulary,
  openPairs,
  pairBatches,
  vocabularyTokenizer,
  type PairDataset,
} from '@crossweave/data';
import { createFusion } from '@crossweave/fusion';
import { resnetSmall } from '@crossweave/image-encoder';
import { compareFusions, encodeSplit, evaluateFusion } from '@crossweave/lab';
import { createLoss } from '@crossweave/losses';
import {
  embedPictures,
  jointInputs,
  jointParts,
  listPictures,
  nearest,
  openModel,
  pretrained,
  zeroShot,
} from '@crossweave/models';
import { bertSmall } from '@crossweave/text-encoder';
import { adamW, freeze, jointModel, mergeLora, withLora } from '@crossweave/trainer';
import { loadTrainingState, train } from '@crossweave/trainer/node';

/** 1. Data, with a vocabulary made of its own captions. */
export async function openData(captions: string): Promise<PairDataset> {
  const opened = await openPairs({ captions, imageSize: 64, maxTokens: 24 });
  const tokenizer = vocabularyTokenizer(makeVocabulary(opened.captions('train')));
  return (await opened.withTokenizer(tokenizer)).decode();
}

/** 2. A model from parts: another fusion or loss is another word. */
export function parts(data: PairDataset, fusion = 'dual-encoder') {
  return {
    image: resnetSmall({ strides: [2, 2, 2] }),
    text: bertSmall({ vocabulary: data.tokenizer.vocabularySize, layers: 2 }),
    fusion: createFusion(fusion, { dim: 64 }),
  };
}

/** 3. Training. 4. Resuming: the same call. 5. Training on: the same call with more steps. */
export function training(data: PairDataset, run: string, steps: number, loss = 'info-nce') {
  return train({
    model: jointModel(parts(data)),
    loss: createLoss(loss),
    optimizer: adamW({ learningRate: 1e-3 }),
    data: pairBatches(data.split('train'), { batchSize: 32, key: key(1) }),
    ...{ steps, key: key(0), run, extend: true },
  });
}

/** 6. Evaluation of a trained run: retrieval, with what chance would give. */
export async function evaluation(data: PairDataset, run: string) {
  using state = (await loadTrainingState(`${run}/checkpoints`))!;
  const { params } = state;
  const { image, text, fusion } = parts(data);
  const cache = await encodeSplit({
    split: data.split('test'),
    image: { encoder: image, params: subtree(params, 'image.') },
    text: { encoder: text, params: subtree(params, 'text.') },
  });
  return await evaluateFusion({ fusion, params: subtree(params, 'fusion.') }, cache);
}

/** 7. Low-rank adapters over a frozen text tower. 8. Their sum with the weights, for export. */
export async function lora(data: PairDataset, run: string, steps: number): Promise<Params> {
  const { image, text, fusion } = parts(data);
  const model = jointModel({ image, text: withLora(text, { rank: 4, alpha: 8 }), fusion });
  using state = await train({
    ...{ model, loss: createLoss('info-nce'), optimizer: adamW() },
    frozen: freeze(model, { text: 'base' }),
    data: pairBatches(data.split('train'), { batchSize: 32, key: key(1) }),
    ...{ steps, key: key(0), run },
  });
  return mergeLora(state.params, { alpha: 8 });
}

/** 9. Weights to a file that PyTorch reads, and back. */
export async function weights(params: Params, file: string): Promise<Params> {
  await saveSafetensors(file, params);
  return loadSafetensors(file);
}

/** 10. Fine-tuning of a checkpoint: its tokenizer and preprocessing come with it. */
export async function fineTuning(captions: string, from: string, run: string, steps: number) {
  using clip = await pretrained(from);
  const data = await loadPairs({ captions, ...jointInputs(clip) });
  return await train({
    model: jointModel(jointParts(clip)),
    loss: createLoss('info-nce'),
    optimizer: adamW({ learningRate: 1e-5 }),
    data: pairBatches(data.split('train'), { batchSize: 32, key: key(1) }),
    ...{ initial: clip.params, steps, key: key(0), run },
  });
}

/** 11. Embedding of a folder. 12. Search by text. 13. Sorting into labels nobody trained for. */
export async function use(from: string, folder: string, query: string, labels: string[]) {
  await using model = await openModel(from); // 14. Released at the end of the block
  const { paths, embeddings } = await embedPictures(model, await listPictures(folder), { folder });
  const [found] = await nearest(await model.encodeText([query]), embeddings, { top: 3 });
  const guesses = (await zeroShot(model, labels)).classify(embeddings);
  return {
    found: found!.map(({ row, score }) => ({ path: paths[row]!, score })),
    labels: guesses.map(([best], i) => ({ path: paths[i]!, label: best!.label })),
  };
}

/** 15. A comparison of fusions on equal terms; stopped, the same call goes on. */
export function comparison(data: PairDataset, out: string, steps: number) {
  const train = data.split('train');
  const phase = { optimizer: adamW({ learningRate: 1e-3 }), steps, batchSize: 32, negatives: 1 };
  return compareFusions({
    data: { train, test: data.split('test'), fingerprint: data.fingerprint },
    towers: {
      ...{
        ...parts(data),
        loss: createLoss('info-nce'),
        optimizer: phase.optimizer,
        steps,
        seed: 0,
      },
      data: (key) => pairBatches(train, { batchSize: 32, key }),
    },
    arms: ['single-stream', 'co-attention'].map((name) => ({
      ...{ name, fusion: createFusion(name, { dim: 64 }) },
      training: { ...phase, loss: createLoss('matching') },
    })),
    ...{ seeds: [1, 2], out },
  });
}

/** Ends what the functions above return. */
export const release = (...trees: readonly Params[]): void => trees.forEach(disposeParams);
