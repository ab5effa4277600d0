import {
  add,
  matMul,
  mean,
  mul,
  logSoftmax,
  neg,
  square,
  sum,
  tensor2d,
  transpose,
  sub,
  type Scalar,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import {
  foldIn,
  key,
  normalArray,
  type BatchSource,
  type Fusion,
  type Loss,
  type Model,
  type PooledFeatures,
} from '@crossweave/core';
import { normalize } from '@crossweave/core/nn';
import { jointModel } from './joint-model';
import { dotFusion, pooledEncoder, type VectorBatch } from './tiny.testing';

/** Linear towers under a fusion that has embeddings, unless it is to have none. */
export function embeddedModel({ embeds = true } = {}): Model<Tensor2D, Tensor2D, PooledFeatures> {
  const fusion: Fusion<PooledFeatures> = {
    ...dotFusion,
    ...(embeds && { embed: (_params, _side, { pooled }) => normalize(pooled) }),
  };
  const tower = pooledEncoder('linear', 3);
  return jointModel({ image: tower, text: tower, fusion });
}

/** Symmetric InfoNCE over embeddings alone. */
export const embeddingContrast: Loss<PooledFeatures> = {
  name: 'contrast',
  compute(_params, outputs, batch) {
    const [image, text] = [
      outputs.embed!('image', outputs.image),
      outputs.embed!('text', outputs.text),
    ];
    const scores = mul<Tensor2D>(matMul(image, text, false, true), 5);
    const size = batch.size;
    const diagonal = tensor2d(
      Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0)),
      [size, size],
    );
    const side = (x: Tensor2D): Scalar => neg(mean<Scalar>(sum(mul(logSoftmax(x), diagonal), 1)));
    let total = add<Scalar>(side(scores), side(transpose(scores)));
    if (outputs.negatives !== undefined) {
      const false_ = outputs.embed!('text', outputs.negatives);
      total = add<Scalar>(total, mean(square(matMul(image, false_, false, true))));
    }
    return { total, terms: { contrast: total } };
  },
};

/** A loss of each pair alone, through the fusion. */
export const rowLoss: Loss<PooledFeatures> = {
  name: 'rows',
  compute(_params, outputs) {
    const { match } = outputs.fuse(outputs.image, outputs.text);
    const total: Scalar = mean(square(sub(match, 1)));
    return { total, terms: { rows: total } };
  },
};

/** `rows` pairs in batches of `size`, in their order, so that batches of another size hold the same. */
export function rowSource(
  rows: number,
  size: number,
  { negatives = 0 } = {},
): BatchSource<VectorBatch> {
  const data = foldIn(key(3), 'rows');
  const gather = (side: string, list: readonly number[]): Tensor2D => {
    const values = list.flatMap((row) => [...normalArray(foldIn(foldIn(data, side), row), 4)]);
    return tensor2d(values, [list.length, 4]);
  };
  return {
    batchSize: size,
    batchesPerEpoch: rows / size,
    async *batches(_epoch, from = 0) {
      for (let i = from; i < this.batchesPerEpoch; i++) {
        const chosen = Array.from({ length: size }, (_, j) => i * size + j);
        const ids = chosen.map((row) => `row-${row}`);
        await Promise.resolve();
        yield {
          ...{ size, ids, groups: ids },
          image: gather('image', chosen),
          text: gather('text', chosen),
          ...(negatives > 0 && {
            negatives: gather(
              'false',
              chosen.flatMap((row) => Array.from({ length: negatives }, (_, k) => 100 * row + k)),
            ),
          }),
        };
      }
    },
  };
}
