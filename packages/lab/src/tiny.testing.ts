import {
  concat,
  expandDims,
  greaterEqual,
  cast,
  matMul,
  mean,
  mul,
  neg,
  ones,
  onesLike,
  scalar,
  slice,
  squeeze,
  square,
  sub,
  sum,
  tensor2d,
  type Scalar,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import {
  parameter,
  type Encoder,
  type Features,
  type Fusion,
  type PairRecord,
  type PairSplit,
} from '@crossweave/core';

/** Pairs whose image is a vector and whose captions begin with its number: a split without files. */
export function tinySplit(count: number): PairSplit<Tensor2D, Tensor3D> & { loads: number[] } {
  const records: PairRecord[] = Array.from({ length: count }, (_, i) => ({
    id: `p${i}`,
    captions: [`word${i} a`, `word${i} a b`],
    negatives: [
      [
        { caption: `a word${i}`, kind: 'order' },
        { caption: `word${(i + 1) % count} a b c`, kind: 'object' },
      ],
      [{ caption: `b word${i} a`, kind: 'order' }],
    ],
  }));
  const loads: number[] = [];
  return {
    name: 'tiny',
    records,
    loads,
    images(rows) {
      loads.push(rows.length);
      return Promise.resolve(tensor2d(rows.map((row) => [row, 1, 2])));
    },
    /** [B, 6, 1]: the number in a word, 0.5 for a word without; −1 at padding. */
    texts(captions) {
      const values = captions.map((caption) => {
        const words = caption.split(' ');
        return Array.from({ length: 6 }, (_, i) => {
          const word = words[i];
          return word === undefined ? [-1] : [Number(/\d+/.exec(word)?.[0] ?? 0.5)];
        });
      });
      return tensor3dOf(values);
    },
    textIdentity: (caption) => caption,
  };
}

function tensor3dOf(values: readonly (readonly number[][])[]): Tensor3D {
  const flat = tensor2d(values.map((row) => row.flat()));
  const cube = expandDims<Tensor3D>(flat, 2);
  flat.dispose();
  return cube;
}

/** Two tokens, both the image's vector. */
export const imageEncoder: Encoder<Tensor2D> = {
  name: 'vector',
  features: { dim: 3, tokens: 2 },
  init: () => ({ scale: scalar(1) }),
  apply(params, input) {
    const pooled = mul<Tensor2D>(input, parameter<Scalar>(params, 'scale'));
    const tokens = mul<Tensor3D>(expandDims(pooled, 1), ones([1, 2, 1]));
    return { tokens, mask: ones([input.shape[0], 2]), pooled };
  },
};

/** A token a word. */
export const textEncoder: Encoder<Tensor3D> = {
  name: 'words',
  features: { dim: 1, tokens: 'varies' },
  init: () => ({}),
  apply(_params, input) {
    const mask = sum<Tensor2D>(cast(greaterEqual(input, 0), 'float32'), 2);
    return { tokens: input, mask, pooled: mean<Tensor2D>(input, 1) };
  },
};

/** [B, 1]: the first number of the first token. */
function first({ tokens }: Features): Tensor2D {
  return squeeze<Tensor2D>(slice(tokens, [0, 0, 0], [-1, 1, 1]), [2]);
}

/** A perfect scorer of {@link tinySplit}: minus the squared difference of both sides' first numbers. */
export function equalityFusion(scoring: Fusion['scoring']): Fusion {
  const fusion: Fusion = {
    name: `equality (${scoring})`,
    family: 'late',
    scoring,
    init: () => ({ 'proj.weight': ones([2, 2]) }),
    fuse: (_params, image, text) => ({
      joint: first(image),
      match: squeeze<Tensor1D>(neg(square(sub(first(image), first(text)))), [1]),
    }),
    score: (_params, image, text) =>
      neg(square(sub<Tensor2D>(first(image), squeeze(first(text), [1])))),
  };
  if (scoring === 'joint') return fusion;
  // −(x − y)² is the product of (2x, −1, −x²) and (y, y², 1).
  return {
    ...fusion,
    embed(_params, side, features) {
      const value = first(features);
      const one = onesLike(value);
      return side === 'image'
        ? concat<Tensor2D>([mul<Tensor2D>(value, 2), neg(one), neg(square(value))], 1)
        : concat<Tensor2D>([value, square(value), one], 1);
    },
  };
}

/** Sees nothing: all scores are equal. */
export const blindFusion: Fusion = {
  ...equalityFusion('joint'),
  name: 'blind',
  fuse: (_params, image) => ({
    joint: first(image),
    match: squeeze<Tensor1D>(mul(first(image), 0), [1]),
  }),
  score: (_params, image, text) => mul(matMul(first(image), first(text), false, true), 0),
};
