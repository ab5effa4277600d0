import {
  add,
  matMul,
  mean,
  mul,
  square,
  sub,
  type Scalar,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import {
  key,
  type BatchSource,
  type Fusion,
  type Loss,
  type PooledFeatures,
} from '@crossweave/core';
import { normalize } from '@crossweave/core/nn';
import { jointModel } from '../joint-model';
import { adamW } from '../optimizers/adamw';
import {
  contrastive,
  dotFusion,
  linearEncoder,
  vectorSource,
  type VectorBatch,
} from '../tiny.testing';
import type { TrainOptions } from '../options';

/** Dot products of unit vectors. */
const cosineFusion: Fusion<PooledFeatures> = {
  ...dotFusion,
  name: 'cosine',
  embed: (_params, _side, { pooled }) => normalize(pooled),
};

/** The contrast, and how far the model's cosines are from its teacher's, the queue among them. */
const imitating: Loss<PooledFeatures> = {
  ...contrastive,
  name: 'imitating',
  compute(params, outputs, batch, ctx) {
    const { total, terms } = contrastive.compute(params, outputs, batch, ctx);
    const { teacher } = outputs;
    const cosines = (view: Pick<typeof outputs, 'image' | 'text' | 'embed'>): Tensor2D =>
      matMul(view.embed!('image', view.image), view.embed!('text', view.text), false, true);
    const gap: Scalar = mean(square(sub(cosines(outputs), cosines(teacher!))));
    const { queue } = teacher!;
    const similar: Scalar = queue
      ? mean(square(matMul(outputs.embed!('image', outputs.image), queue.text, false, true)))
      : mul(gap, 0);
    return { total: add<Scalar>(total, add(gap, similar)), terms: { ...terms, gap, similar } };
  },
};

export function taughtOptions(
  extra: Partial<TrainOptions<Tensor2D, Tensor2D>> = {},
): TrainOptions<Tensor2D, Tensor2D> {
  const encoder = linearEncoder('linear', 3);
  return {
    model: jointModel({ image: encoder, text: encoder, fusion: cosineFusion }),
    loss: imitating,
    optimizer: adamW({ learningRate: 0.05 }),
    data: vectorSource(10),
    steps: 6,
    key: key(1),
    teacher: { momentum: 0.9, queue: 6 },
    ...extra,
  };
}

/** {@link vectorSource} whose rows have one of three captions, by their number. */
export function captionedSource(rows: number): BatchSource<VectorBatch> {
  const source = vectorSource(rows);
  return {
    ...source,
    async *batches(epoch, from) {
      for await (const batch of source.batches(epoch, from)) {
        const captions = batch.ids.map((id) => `caption-${Number(id.slice('row-'.length)) % 3}`);
        yield { ...batch, captions };
      }
    },
  };
}
