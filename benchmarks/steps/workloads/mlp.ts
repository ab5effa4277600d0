import { key, mergeParams, normal, parameter, type Params } from '@crossweave/core';
import { gelu, initLayerNorm, initLinear, layerNorm, linear } from '@crossweave/core/nn';
import { adamW } from '@crossweave/trainer';
import type { Rank, Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { product, trainingStep, type Workload } from '../workload';

/** The same stand in peers/mlp.py. */
const BATCH = 32;
const WIDTH = 256;
const HIDDEN = 1024;

const optimizer = adamW({ learningRate: 1e-4, decays: () => true });

/** Mean squared error of down(gelu(up(norm(x)))): small products, so the cost of each call shows. */
function loss(params: Params, batch: Params): Scalar {
  const x = layerNorm(params, 'norm', parameter<Tensor2D>(batch, 'x'));
  const y = linear(params, 'down', gelu(linear(params, 'up', x)));
  return tf.mean(tf.squaredDifference(y, parameter(batch, 'y')));
}

const step = trainingStep(optimizer, loss);

export const mlp: Workload = {
  flops: 3 * (product(BATCH, WIDTH, HIDDEN) + product(BATCH, HIDDEN, WIDTH)),
  start() {
    const params = mergeParams(
      initLinear(key(0), 'up', { in: WIDTH, out: HIDDEN }),
      initLayerNorm('norm', WIDTH),
      initLinear(key(0), 'down', { in: HIDDEN, out: WIDTH }),
    );
    const batch = {
      x: normal<Rank.R2>(key(1), [BATCH, WIDTH]),
      y: normal<Rank.R2>(key(2), [BATCH, WIDTH]),
    };
    return { state: { params, optimizer: optimizer.init(params) }, batch, step };
  },
};
