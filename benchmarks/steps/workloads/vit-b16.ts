import { inference, key, mergeParams, normal, parameter } from '@crossweave/core';
import { initLinear, linear } from '@crossweave/core/nn';
import { vitB16 } from '@crossweave/image-encoder';
import { adamW } from '@crossweave/trainer';
import type { Rank, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  crossEntropy,
  featureExtraction,
  labelsInTurn,
  product,
  trainingStep,
  type Workload,
} from '../workload';

/** The same stand in peers/vit_b16.py. */
const BATCH = 8;
const SIDE = 224;
const PATCH = 16;
const WIDTH = 768;
const LAYERS = 12;
const CLASSES = 1000;

const encoder = vitB16({ dropout: 0 });
const optimizer = adamW({ learningRate: 1e-4, decays: () => true });
const pictures = (rows = BATCH): Tensor4D => normal<Rank.R4>(key(7), [rows, SIDE, SIDE, 3]);

/** A layer: four square products, two of attention, two of the feed-forward part. */
function flops(): { patches: number; body: number; head: number } {
  const patches = (SIDE / PATCH) ** 2;
  const tokens = patches + 1;
  const rows = BATCH * tokens;
  const layer =
    4 * product(rows, WIDTH, WIDTH) +
    2 * product(rows, WIDTH, tokens) +
    2 * product(rows, WIDTH, 4 * WIDTH);
  return {
    patches: product(BATCH * patches, 3 * PATCH * PATCH, WIDTH),
    body: LAYERS * layer,
    head: product(BATCH, WIDTH, CLASSES),
  };
}

const { patches, body, head } = flops();

/** Classification of pictures by the class token; the pictures need no gradient. */
export const vitB16Step: Workload = {
  flops: 2 * patches + 3 * (body + head),
  start(rows = BATCH) {
    const params = mergeParams(
      encoder.init(key(0)),
      initLinear(key(0), 'head', { in: WIDTH, out: CLASSES }),
    );
    return {
      state: { params, optimizer: optimizer.init(params) },
      batch: { image: pictures(rows), labels: labelsInTurn(rows, CLASSES) },
      step: trainingStep(optimizer, (tree, batch, ctx) => {
        const { pooled } = encoder.apply(tree, parameter<Tensor4D>(batch, 'image'), ctx);
        return crossEntropy(linear(tree, 'head', pooled), parameter<Tensor2D>(batch, 'labels'));
      }),
    };
  },
};

/** All tokens of the last layer. */
export const vitB16Features: Workload = {
  flops: patches + body,
  ...featureExtraction(
    () => encoder.init(key(0)),
    () => ({ image: pictures() }),
    (params, batch) => encoder.apply(params, parameter<Tensor4D>(batch, 'image'), inference).tokens,
  ),
};
