import {
  add,
  mean,
  mul,
  ones,
  rsqrt,
  squaredDifference,
  sub,
  tidy,
  zeros,
  type Rank,
} from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { key, normal } from '../keys';
import { assertGradientsMatch } from '../testing/finite-differences';
import { expectClose } from '../testing/fixtures';
import { weighedSum } from '../testing/gradients';
import { assertNoLeak } from '../testing/leaks';
import { normaliseByBatch } from './batch-statistics';

it.each([[[5, 3]], [[4, 2, 3]], [[2, 2, 3, 3]]])('normalises %j by its own statistics', (shape) => {
  tidy(() => {
    const x = normal<Rank>(key(1), shape);
    const [weight, bias] = [normal(key(2), [3]), normal(key(3), [3])];
    const axes = shape.map((_, axis) => axis).slice(0, -1);
    const centre = mean(x, axes);
    const spread = mean(squaredDifference(x, centre), axes);
    const standard = mul(sub(x, centre), rsqrt(add(spread, 1e-3)));

    const { value, average, variance } = normaliseByBatch(x, weight, bias, 1e-3);
    expectClose(value, add(mul(standard, weight), bias));
    expectClose(average, centre);
    expectClose(variance, spread);
    assertGradientsMatch(
      (at) =>
        weighedSum(key(4), [normaliseByBatch(at['x']!, at['weight']!, at['bias']!, 1e-3).value]),
      { x, weight, bias },
      key(5),
    );
  });
});

it('leaks nothing inside of tidy', () => {
  const inputs = [normal(key(1), [4, 2]), ones([2]), zeros([2])] as const;
  assertNoLeak('normaliseByBatch', [...inputs], () =>
    Object.values(tidy(() => normaliseByBatch(...inputs, 1e-3))),
  );
  expect(inputs.every((tensor) => !tensor.isDisposed)).toBe(true);
  for (const tensor of inputs) tensor.dispose();
});
