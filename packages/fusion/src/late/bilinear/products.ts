import { matMul, mul, reshape, sum, transpose } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';

/** A product of prepared rows of two sides, with G values for each pair. */
export interface Product<Image, Text> {
  /** [B, G] of B aligned rows. */
  readonly aligned: (image: Image, text: Text) => Tensor2D;
  /** [m·n, G] of m images and n texts: row i·n + j is image i with text j. */
  readonly crossed: (image: Image, text: Text) => Tensor2D;
  /** [m, n], Σ_g weights[g] · crossed[·, g] with weights [1, G], by one matrix product. */
  readonly weighed: (image: Image, text: Text, weights: Tensor2D) => Tensor2D;
}

/**
 * z[g] = Σ_r image[r, g] · text[r, g] for rows [B, R, G]. `crossed` computes one matrix product for
 * each g and writes m·n·G values; repeating the rows would take R times as much memory.
 */
export const rankProduct: Product<Tensor3D, Tensor3D> = {
  aligned: (image, text) => sum<Tensor2D>(mul(image, text), 1),
  crossed: (image, text) => {
    const [m, ranks, width] = image.shape;
    const [n] = text.shape;
    if (ranks === 1) {
      const pairs = mul(image, reshape<Rank.R3>(text, [1, n, width]));
      return reshape<Rank.R2>(pairs, [m * n, width]);
    }
    const pairs = matMul(transpose(image, [2, 0, 1]), transpose(text, [2, 1, 0]));
    return reshape<Rank.R2>(transpose(pairs, [1, 2, 0]), [m * n, width]);
  },
  weighed: (image, text, weights) => {
    const [m, ranks, width] = image.shape;
    const left = mul(image, reshape<Rank.R3>(weights, [1, 1, width]));
    return matMul(
      reshape<Rank.R2>(left, [m, ranks * width]),
      reshape<Rank.R2>(text, [text.shape[0], ranks * width]),
      false,
      true,
    );
  },
};

/**
 * z[c, o] = Σ_s image[c, s] · text[c, o, s] for images [B, C, S] and texts [B, C, S, S], where the
 * texts have already been multiplied with the core tensor; G = C·S.
 */
export const coreProduct: Product<Tensor3D, Tensor4D> = {
  aligned: (image, text) => {
    const [rows, chunks, size] = image.shape;
    const product = matMul<Tensor4D>(text, reshape(image, [rows, chunks, size, 1]));
    return reshape<Rank.R2>(product, [rows, chunks * size]);
  },
  crossed: (image, text) => {
    const [m, chunks, size] = image.shape;
    const [n] = text.shape;
    const texts = reshape(transpose(text, [1, 0, 2, 3]), [chunks, n * size, size]);
    const products = matMul(texts, transpose(image, [1, 2, 0]));
    const pairs = transpose(reshape(products, [chunks, n, size, m]), [3, 1, 0, 2]);
    return reshape<Rank.R2>(pairs, [m * n, chunks * size]);
  },
  weighed: (image, text, weights) => {
    const [m, chunks, size] = image.shape;
    const [n] = text.shape;
    const texts = sum(mul(text, reshape(weights, [1, chunks, size, 1])), 2);
    return matMul(
      reshape<Rank.R2>(image, [m, chunks * size]),
      reshape<Rank.R2>(texts, [n, chunks * size]),
      false,
      true,
    );
  },
};
