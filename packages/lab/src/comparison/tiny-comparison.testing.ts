import { mean, neg, type Scalar, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Batch, BatchSource, Fusion, Loss, PairRecord } from '@crossweave/core';
import { sgd } from '@crossweave/trainer';
import { blindFusion, equalityFusion, imageEncoder, textEncoder, tinySplit } from '../tiny.testing';
import type { CompareFusionsOptions, ComparisonProgress, FusionArm } from './options';

/** Minus the mean match of the batch's own pairs: something with a gradient. */
export const matchLoss: Loss = {
  name: 'match',
  compute: (_params, outputs) => ({
    total: neg(mean<Scalar>(outputs.fuse(outputs.image, outputs.text).match)),
    terms: {},
  }),
};

export type TinyOptions = CompareFusionsOptions<Tensor2D, Tensor3D>;

export interface TinyComparison {
  readonly options: TinyOptions;
  readonly seen: ComparisonProgress[];
  /** Sizes of the batches of images that were decoded. */
  readonly loads: readonly number[];
}

export const phase = { loss: matchLoss, optimizer: sgd({ learningRate: 1e-3 }), steps: 3 };

export function armOf(
  name: string,
  fusion: Fusion,
  training: Partial<FusionArm['training']> = {},
): FusionArm {
  return { name, fusion, training: { ...phase, batchSize: 4, negatives: 1, ...training } };
}

/** Two arms over two towers that learn within milliseconds. */
export function tinyComparison(
  out: string,
  extra: Partial<TinyOptions> = {},
  records: (record: PairRecord, i: number) => PairRecord = (record) => record,
): TinyComparison {
  const tiny = tinySplit(8);
  const split = { ...tiny, records: tiny.records.map(records) };
  const seen: ComparisonProgress[] = [];
  const data = (): BatchSource<Batch<Tensor2D, Tensor3D>> => ({
    batchSize: 4,
    batchesPerEpoch: 2,
    async *batches(epoch, from = 0) {
      for (let i = from; i < 2; i++) {
        const rows = [0, 1, 2, 3].map((row) => row + 4 * i);
        const ids = rows.map((row) => `p${row}`);
        const texts = split.texts(rows.map((row) => split.records[row]!.captions[epoch % 2]!));
        yield { size: 4, ids, groups: ids, image: await split.images(rows), text: texts };
      }
    },
  });
  const options: TinyOptions = {
    data: { train: split, test: split, fingerprint: 'f' },
    towers: {
      ...phase,
      image: imageEncoder,
      text: textEncoder,
      fusion: equalityFusion('separable'),
      seed: 0,
      data,
    },
    arms: [armOf('equal', equalityFusion('joint')), armOf('blind', blindFusion)],
    seeds: [1, 2],
    out,
    recipe: { towers: { steps: 3 }, arms: { equal: {}, blind: {} } },
    onProgress: (progress) => seen.push(progress),
    ...extra,
  };
  return { options, seen, loads: tiny.loads };
}
