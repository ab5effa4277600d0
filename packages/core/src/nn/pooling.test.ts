import {
  tensor2d,
  tidy,
  zeros,
  type Rank,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../errors';
import { key, normal } from '../keys';
import { expectFixture, loadFixture } from '../testing/fixtures';
import { gradientsAt, weighedSum } from '../testing/gradients';
import { assertNoLeak } from '../testing/leaks';
import { globalAveragePool, maskedMean, maxPool2d, type PoolOptions } from './pooling';

const fixture = loadFixture(new URL('../../fixtures/nn.json', import.meta.url));

describe('maxPool2d', () => {
  it.each(fixture.names.filter((name) => name.startsWith('max pool')))(
    "has PyTorch's values and gradients: %s",
    (name) => {
      tidy(() => {
        const reference = fixture.case(name);
        const options = reference.options as unknown as PoolOptions;
        expectFixture(reference, (_, { x }) => ({ y: maxPool2d(x as Tensor4D, options) }));
      });
    },
  );

  it('steps by its kernel unless told otherwise', () => {
    tidy(() => {
      expect(maxPool2d(zeros([1, 6, 9, 1]), { kernel: 3 }).shape).toEqual([1, 2, 3, 1]);
    });
  });
});

describe('globalAveragePool', () => {
  it("has PyTorch's values and gradients", () => {
    tidy(() => {
      expectFixture(fixture.case('global average pool'), (_, { x }) => ({
        y: globalAveragePool(x as Tensor4D),
      }));
    });
  });
});

describe('maskedMean', () => {
  it("has PyTorch's values and gradients", () => {
    tidy(() => {
      expectFixture(fixture.case('masked mean'), (_, { tokens, mask }) => ({
        y: maskedMean(tokens as Tensor3D, mask as Tensor2D),
      }));
    });
  });

  it('gives zeros and zero gradients for a row without tokens', () => {
    tidy(() => {
      const tokens = normal(key(0), [1, 2, 3]);
      const mean = (at: Tensor3D): Tensor2D => maskedMean(at, tensor2d([[0, 0]]));
      expect(
        mean(tokens as Tensor3D)
          .dataSync()
          .every((value) => value === 0),
      ).toBe(true);
      const gradients = gradientsAt((at) => weighedSum(key(1), [mean(at['tokens'] as Tensor3D)]), {
        tokens,
      });
      expect(gradients['tokens']!.dataSync().every((value) => value === 0)).toBe(true);
    });
  });

  it('takes an int32 mask, and refuses one of another length', () => {
    tidy(() => {
      const tokens = normal<Rank.R3>(key(0), [2, 2, 3]);
      const mask = tensor2d(
        [
          [1, 0],
          [1, 1],
        ],
        [2, 2],
        'int32',
      );
      expect(Array.from(maskedMean(tokens, mask).dataSync().slice(0, 3))).toEqual(
        Array.from(tokens.dataSync().slice(0, 3)),
      );
      expect(() => maskedMean(tokens, zeros([2, 3]))).toThrow(ShapeError);
    });
  });
});

it('poolings leak nothing', () => {
  const x = normal<Rank.R4>(key(0), [1, 4, 4, 2]);
  const tokens = normal<Rank.R3>(key(1), [1, 2, 3]);
  const mask = tensor2d([[1, 0]]);
  assertNoLeak('a pooling', [x, tokens, mask], () => [
    maxPool2d(x, { kernel: 2 }),
    globalAveragePool(x),
    maskedMean(tokens, mask),
  ]);
});
