import type { Tensor2D } from '@tensorflow/tfjs-core';
import { key, type Params } from '@crossweave/core';
import { jointModel } from './joint-model';
import { adamW } from './optimizers/adamw';
import type { TrainOptions } from './options';
import type { TrainState } from './state';
import { contrastive, dotFusion, linearEncoder, vectorSource } from './tiny.testing';

/** A run of a tiny model over ten vectors: six steps. */
export function options(
  extra: Partial<TrainOptions<Tensor2D, Tensor2D>> = {},
): TrainOptions<Tensor2D, Tensor2D> {
  return {
    model: jointModel({
      image: linearEncoder('linear', 3),
      text: linearEncoder('linear', 3),
      fusion: dotFusion,
    }),
    loss: contrastive,
    optimizer: adamW({ learningRate: 0.05 }),
    data: vectorSource(10),
    steps: 6,
    key: key(1),
    ...extra,
  };
}

export const values = (params: Params): Record<string, number[]> =>
  Object.fromEntries(Object.entries(params).map(([path, value]) => [path, [...value.dataSync()]]));

export const copyOf = ({ step, params, optimizer }: TrainState): TrainState => ({
  step,
  params: Object.fromEntries(Object.entries(params).map(([p, v]) => [p, v.clone()])),
  optimizer: Object.fromEntries(Object.entries(optimizer).map(([p, v]) => [p, v.clone()])),
});
