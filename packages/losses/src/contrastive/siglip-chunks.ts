import {
  add,
  concat,
  matMul,
  mul,
  neg,
  reshape,
  sigmoid,
  slice,
  softplus,
  sum,
  tidy,
} from '@tensorflow/tfjs-core';
import type { Rank, Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { withEagerGradients } from '../eager-gradients';
import { cosines, type Embeddings } from '../similarities';

/**
 * [B, to − from] signs of the columns from…to: 1 for a true text, −1 for a false text, 0 for a
 * pair that does not count.
 */
export type Signs = (from: number, to: number) => Tensor2D;

/**
 * Σ −ln σ(y·(s·c + b)) over all pairs, with `chunk` texts at a time. Value and gradients are
 * computed together, so at most B·chunk scores are in memory at any time.
 *
 * With z = s·c + b and g = −y·σ(−y·z): ∂/∂image = s·g·text, ∂/∂text = s·gᵀ·image, ∂/∂s = Σ g·c,
 * ∂/∂b = Σ g.
 */
export function sigmoidLossInChunks(
  { image, text }: Embeddings,
  scale: Scalar,
  bias: Scalar,
  signs: Signs,
  chunk: number,
): Scalar {
  const [size, width] = text.shape;
  return withEagerGradients([image, text, scale, bias], (left, right, s, b) => {
    const images = left as Tensor2D;
    const starts = Array.from({ length: Math.ceil(size / chunk) }, (_, i) => i * chunk);
    let sums: Tensor1D | undefined;
    const textGradients: Tensor2D[] = [];
    for (const from of starts) {
      const count = Math.min(chunk, size - from);
      const [total, forTexts] = tidy((): [Tensor1D, Tensor2D] => {
        const texts = slice(right as Tensor2D, [from, 0], [count, width]);
        const y = signs(from, from + count);
        const c = cosines(images, texts);
        const margin = mul<Tensor2D>(y, add(mul(c, s), b));
        // Multiplied by y², because an entry of sign 0 would give ln 2.
        const each = mul(softplus(neg(margin)), mul(y, y));
        const g = mul<Tensor2D>(neg(y), sigmoid(neg(margin)));
        const forImages = mul(matMul(g, texts), s);
        const parts = [sum(each), sum(mul(g, c)), sum(g), forImages];
        const flat = concat(parts.map((part) => reshape<Rank.R1>(part, [part.size])));
        return [sums === undefined ? flat : add(sums, flat), mul(matMul(g, images, true), s)];
      });
      sums?.dispose();
      sums = total;
      textGradients.push(forTexts);
    }
    const figure = (at: number): Scalar => reshape(slice(sums!, at, 1), []);
    const forImages: Tensor = reshape(slice(sums!, 3, size * width), [size, width]);
    return {
      value: figure(0),
      gradients: [forImages, concat(textGradients), figure(1), figure(2)],
    };
  });
}
