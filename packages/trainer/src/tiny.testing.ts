import {
  add,
  logSoftmax,
  matMul,
  mean,
  mul,
  neg,
  ones,
  reshape,
  scalar,
  sum,
  tensor2d,
  type Scalar,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import {
  foldIn,
  key,
  normalArray,
  parameter,
  permutation,
  type Batch,
  type BatchSource,
  type Encoder,
  type Features,
  type Fusion,
  type Key,
  type Loss,
  type PooledFeatures,
} from '@crossweave/core';

/** The smallest whole model: linear towers over vectors, dot products, contrastive loss. */
export function linearEncoder(name: string, dim: number): Encoder<Tensor2D> {
  return {
    name,
    features: { dim, tokens: 1 },
    init: (from) => ({
      weight: tensor2d(normalArray(from, 4 * dim), [4, dim]),
      running_mean: scalar(0),
    }),
    apply(params, input, ctx) {
      const pooled = matMul<Tensor2D>(input, parameter(params, 'weight'));
      ctx.record?.('running_mean', add(parameter(params, 'running_mean'), mean(pooled)));
      return vectorFeatures(pooled);
    },
  };
}

/** The same without tokens. */
export function pooledEncoder(name: string, dim: number): Encoder<Tensor2D, PooledFeatures> {
  const { init } = linearEncoder(name, dim);
  return {
    name,
    features: { dim, tokens: 0 },
    init,
    apply: (params, input) => ({ pooled: matMul<Tensor2D>(input, parameter(params, 'weight')) }),
  };
}

export function vectorFeatures(pooled: Tensor2D): Features {
  const [rows, dim] = pooled.shape;
  const tokens: Tensor3D = reshape(pooled, [rows, 1, dim]);
  return { tokens, mask: ones([rows, 1]), pooled };
}

export const dotFusion: Fusion<PooledFeatures> = {
  name: 'dot',
  family: 'late',
  scoring: 'separable',
  reads: 'pooled',
  init: () => ({ scale: scalar(1) }),
  fuse: (params, image, text) => ({
    joint: image.pooled,
    match: mul(sum(mul(image.pooled, text.pooled), 1), parameter<Scalar>(params, 'scale')),
  }),
  score: (params, image, text) =>
    mul(matMul(image.pooled, text.pooled, false, true), parameter<Scalar>(params, 'scale')),
};

export const contrastive: Loss<PooledFeatures> = {
  name: 'contrastive',
  init: () => ({ bias: scalar(0.5) }),
  compute(params, outputs, batch) {
    const scores = outputs.score(outputs.image, outputs.text);
    const diagonal = tensor2d(identity(batch.size), [batch.size, batch.size]);
    const total: Scalar = neg(mean<Scalar>(sum(mul(logSoftmax(scores), diagonal), 1)));
    const penalty = mul<Scalar>(parameter<Scalar>(params, 'bias'), parameter(params, 'bias'));
    return { total: add(total, penalty), terms: { contrastive: total, penalty } };
  },
};

function identity(size: number): Float32Array {
  return Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
}

export type VectorBatch = Batch<Tensor2D, Tensor2D>;

/** `rows` random pairs of vectors in batches of 4, shuffled by epoch; `poison` makes one image NaN. */
export function vectorSource(
  rows: number,
  options: { poison?: number } = {},
): BatchSource<VectorBatch> {
  const data: Key = foldIn(key(3), 'rows');
  const batchSize = 4;
  const gather = (side: string, order: readonly number[]): Tensor2D => {
    const values = order.map((row) =>
      side === 'image' && row === options.poison
        ? [Number.NaN, 0, 0, 0]
        : [...normalArray(foldIn(foldIn(data, side), row), 4)],
    );
    return tensor2d(values, [order.length, 4]);
  };
  return {
    batchSize,
    batchesPerEpoch: Math.floor(rows / batchSize),
    async *batches(epoch, from = 0) {
      const order = permutation(foldIn(data, epoch), rows);
      for (let i = from; i < this.batchesPerEpoch; i++) {
        const chosen = order.slice(i * batchSize, (i + 1) * batchSize);
        const ids = chosen.map((row) => `row-${row}`);
        await Promise.resolve();
        yield {
          size: batchSize,
          ids,
          groups: ids,
          image: gather('image', chosen),
          text: gather('text', chosen),
        };
      }
    },
  };
}
