import {
  add,
  concat,
  mul,
  slice,
  sum,
  tensor2d,
  transpose,
  type Rank,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { key, type Features, type Fusion, type Label, type PairSplit } from '@crossweave/core';
import { encodeSplit, type FeatureCache } from '../features/encode-split';
import { imageEncoder, textEncoder, tinySplit } from '../tiny.testing';

/** Pairs whose label is whether the signs of image and text are equal: neither side alone tells it. */
export function signSplit(count: number): PairSplit<Tensor2D, Tensor3D> {
  const positive = (row: number): boolean => row % 2 === 0;
  return {
    ...tinySplit(1),
    name: 'signs',
    records: Array.from({ length: count }, (_, row) => ({
      id: `p${row}`,
      captions: ['word1', 'word0', 'unlabelled 1'],
      labels: [
        ...['word1', 'word0'].map((text): Label =>
          (text === 'word1') === positive(row) ? 'equal' : 'different',
        ),
        undefined,
      ],
    })),
    images: (rows) =>
      Promise.resolve(tensor2d(rows.map((row) => [positive(row) ? 1 : -1, 0.1 * (row % 3), 1]))),
  };
}

export function signCache(count: number): Promise<FeatureCache> {
  return encodeSplit({
    split: signSplit(count),
    image: { encoder: imageEncoder, params: imageEncoder.init(key(0)) },
    text: { encoder: textEncoder, params: {} },
  });
}

/** `joint` [B, 3]: the image's sign, the text's, their product; or without the product. */
export function signFusion(product: boolean): Fusion {
  const share = product ? 1 : 0;
  const imageSign = ({ pooled }: Features): Tensor2D =>
    slice<Rank.R2, Tensor2D>(pooled, [0, 0], [-1, 1]);
  // word1 has the mean (1 − 5)/6, word0 (0 − 5)/6.
  const textSign = ({ pooled }: Features): Tensor2D => add(mul(pooled, 12), 9);
  return {
    name: product ? 'product' : 'no product',
    family: 'late',
    scoring: 'joint',
    reads: 'pooled',
    init: () => ({}),
    fuse: (_params, image, text) => {
      const [a, b] = [imageSign(image), textSign(text)];
      const joint: Tensor2D = concat([a, b, mul<Tensor2D>(mul(a, b), share)], 1);
      return { joint, match: sum<Tensor1D>(joint, 1) };
    },
    score: (_params, image, text) => {
      const [a, b] = [imageSign(image), transpose<Tensor2D>(textSign(text))];
      return add<Tensor2D>(add(a, b), mul(mul(a, b), share));
    },
  };
}
