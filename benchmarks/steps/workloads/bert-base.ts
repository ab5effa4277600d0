import {
  foldIn,
  inference,
  key,
  mergeParams,
  parameter,
  randomInteger,
  type Params,
  type TextInput,
} from '@crossweave/core';
import { initLinear, linear } from '@crossweave/core/nn';
import { bertBase } from '@crossweave/text-encoder';
import { adamW } from '@crossweave/trainer';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {
  crossEntropy,
  featureExtraction,
  labelsInTurn,
  product,
  trainingStep,
  type Workload,
} from '../workload';

/** The same stand in peers/bert_base.py. */
const BATCH = 16;
const TOKENS = 64;
const VOCABULARY = 30522;
const WIDTH = 768;
const LAYERS = 12;
const CLASSES = 2;

const encoder = bertBase({ pooling: 'pooler', dropout: 0 });
const optimizer = adamW({ learningRate: 1e-4, decays: () => true });

function texts(rows = BATCH): Params {
  const ids = Array.from({ length: rows * TOKENS }, (_, i) =>
    randomInteger(foldIn(key(1), i), VOCABULARY),
  );
  return {
    input_ids: tf.tensor2d(ids, [rows, TOKENS], 'int32'),
    attention_mask: tf.ones([rows, TOKENS], 'int32'),
  };
}

const inputOf = (batch: Params): TextInput => ({
  input_ids: parameter<Tensor2D>(batch, 'input_ids'),
  attention_mask: parameter<Tensor2D>(batch, 'attention_mask'),
});

/** Classification of texts by BERT's pooled first token. */
function loss(params: Params, batch: Params, ctx: Parameters<typeof encoder.apply>[2]): Scalar {
  const logits = linear(params, 'classifier', encoder.apply(params, inputOf(batch), ctx).pooled);
  return crossEntropy(logits, parameter<Tensor2D>(batch, 'labels'));
}

/** A layer: four square products, two of attention, two of the feed-forward part. */
function flops(): { body: number; head: number } {
  const rows = BATCH * TOKENS;
  const layer =
    4 * product(rows, WIDTH, WIDTH) +
    2 * product(rows, WIDTH, TOKENS) +
    2 * product(rows, WIDTH, 4 * WIDTH);
  const head = product(BATCH, WIDTH, WIDTH) + product(BATCH, WIDTH, CLASSES);
  return { body: LAYERS * layer, head };
}

const step = trainingStep(optimizer, loss);

export const bertBaseStep: Workload = {
  flops: 3 * (flops().body + flops().head),
  start(rows = BATCH) {
    const params = mergeParams(
      encoder.init(key(0)),
      initLinear(key(0), 'classifier', { in: WIDTH, out: CLASSES }),
    );
    const batch = { ...texts(rows), labels: labelsInTurn(rows, CLASSES) };
    return { state: { params, optimizer: optimizer.init(params) }, batch, step };
  },
};

/** All tokens of the last layer. */
export const bertBaseFeatures: Workload = {
  flops: flops().body,
  ...featureExtraction(
    () => encoder.init(key(0)),
    texts,
    (params, batch) => encoder.apply(params, inputOf(batch), inference).tokens,
  ),
};
