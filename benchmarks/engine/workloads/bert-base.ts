import { foldIn, key, mergeParams, parameter, randomInteger, type Params } from '@crossweave/core';
import { initLinear, linear } from '@crossweave/core/nn';
import { bertBase } from '@crossweave/text-encoder';
import { adamW } from '@crossweave/trainer';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy, labelsInTurn, product, trainingStep, type Workload } from '../workload';

/** The same stand in peers/bert_base.py. */
const BATCH = 16;
const TOKENS = 64;
const VOCABULARY = 30522;
const WIDTH = 768;
const LAYERS = 12;
const CLASSES = 2;

const encoder = bertBase({ pooling: 'pooler', dropout: 0 });
const optimizer = adamW({ learningRate: 1e-4, decays: () => true });

/** Classification of texts by BERT's pooled first token. */
function loss(params: Params, batch: Params, ctx: Parameters<typeof encoder.apply>[2]): Scalar {
  const input = {
    input_ids: parameter<Tensor2D>(batch, 'input_ids'),
    attention_mask: parameter<Tensor2D>(batch, 'attention_mask'),
  };
  const logits = linear(params, 'classifier', encoder.apply(params, input, ctx).pooled);
  return crossEntropy(logits, parameter<Tensor2D>(batch, 'labels'));
}

/** A layer: four square products, two of attention, two of the feed-forward part; three passes. */
function flops(): number {
  const rows = BATCH * TOKENS;
  const layer =
    4 * product(rows, WIDTH, WIDTH) +
    2 * product(rows, WIDTH, TOKENS) +
    2 * product(rows, WIDTH, 4 * WIDTH);
  const head = product(BATCH, WIDTH, WIDTH) + product(BATCH, WIDTH, CLASSES);
  return 3 * (LAYERS * layer + head);
}

const step = trainingStep(optimizer, loss);

export const bertBaseStep: Workload = {
  flops: flops(),
  start() {
    const params = mergeParams(
      encoder.init(key(0)),
      initLinear(key(0), 'classifier', { in: WIDTH, out: CLASSES }),
    );
    const count = BATCH * TOKENS;
    const ids = Array.from({ length: count }, (_, i) =>
      randomInteger(foldIn(key(1), i), VOCABULARY),
    );
    const batch = {
      input_ids: tf.tensor2d(ids, [BATCH, TOKENS], 'int32'),
      attention_mask: tf.ones([BATCH, TOKENS], 'int32'),
      labels: labelsInTurn(BATCH, CLASSES),
    };
    return { state: { params, optimizer: optimizer.init(params) }, batch, step };
  },
};
