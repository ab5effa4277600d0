import { gather, matMul, reshape, tidy, type Rank, type Tensor } from '@tensorflow/tfjs-core';
import { key, normal } from '@crossweave/core';
import { expectClose } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { coreProduct, rankProduct, type Product } from './products';

/** Three images against two texts: crossed and weighed must say what aligned says of each pair. */
function expectOneProduct<I extends Tensor, T extends Tensor>(
  product: Product<I, T>,
  image: I,
  text: T,
  width: number,
): void {
  const rows = product.aligned(gather(image, [0, 0, 1, 1, 2, 2]), gather(text, [0, 1, 0, 1, 0, 1]));
  expect(rows.shape).toEqual([6, width]);
  expectClose(product.crossed(image, text), rows);
  const weights = normal<Rank.R2>(key(3), [1, width]);
  expectClose(
    product.weighed(image, text, weights),
    reshape(matMul(rows, weights, false, true), [3, 2]),
  );
}

describe('rankProduct', () => {
  it.each([1, 2, 4])('sums %i products a feature, aligned, crossed and weighed', (ranks) => {
    tidy(() => {
      const image = normal<Rank.R3>(key(1), [3, ranks, 5]);
      const text = normal<Rank.R3>(key(2), [2, ranks, 5]);
      expectOneProduct(rankProduct, image, text, 5);
    });
  });
});

describe('coreProduct', () => {
  it.each([1, 3])('multiplies each of %i chunks by its matrix', (chunks) => {
    tidy(() => {
      const image = normal<Rank.R3>(key(1), [3, chunks, 4]);
      const text = normal<Rank.R4>(key(2), [2, chunks, 4, 4]);
      expectOneProduct(coreProduct, image, text, 4 * chunks);
      const [first, matrix] = [reshape(image, [-1, 4]), reshape(text, [-1, 4, 4])];
      const own = matMul<Tensor>(
        reshape<Rank.R2>(gather(matrix, [0]), [4, 4]),
        reshape(gather(first, [0]), [4, 1]),
      );
      const product = coreProduct.aligned(gather(image, [0]), gather(text, [0]));
      expectClose(gather(reshape(product, [chunks, 4]), [0]), reshape(own, [1, 4]));
    });
  });
});
