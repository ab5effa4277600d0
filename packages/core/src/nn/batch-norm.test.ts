import { add, grad, memory, tidy, zeros, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { inference, type Context } from '../contracts/context';
import { ShapeError } from '../errors';
import { key, normal } from '../keys';
import { disposeParams } from '../params';
import { assertGradientsMatch } from '../testing/finite-differences';
import { expectClose, expectFixture, loadFixture } from '../testing/fixtures';
import { weighedSum } from '../testing/gradients';
import { assertNoLeak } from '../testing/leaks';
import { batchNorm, initBatchNorm } from './batch-norm';

const fixture = loadFixture(new URL('../../fixtures/nn.json', import.meta.url));
const training: Context = { training: true, key: key(0) };

function recording(): { ctx: Context; recorded: Record<string, Tensor> } {
  const recorded: Record<string, Tensor> = {};
  const record = (path: string, value: Tensor): void => {
    recorded[path] = value;
  };
  return { ctx: { ...training, record }, recorded };
}

describe('batchNorm', () => {
  it("has PyTorch's values, gradients and running statistics in training", () => {
    tidy(() => {
      const { ctx, recorded } = recording();
      const reference = fixture.case('batch norm training');
      expectFixture(reference, (params, { x }) => {
        const y = batchNorm(params, 'layer', x as Tensor4D, ctx);
        return {
          y,
          running_mean: recorded['layer.running_mean']!,
          running_var: recorded['layer.running_var']!,
        };
      });
      expect(Object.keys(recorded)).toHaveLength(3);
      expect(recorded['layer.num_batches_tracked']!.dataSync()[0]).toBe(4);
    });
  });

  it.each([
    ['out of training', inference, false],
    ['frozen', training, true],
    [
      'frozen by the context',
      { ...training, frozen: (p: string) => p.startsWith('layer.') },
      false,
    ],
  ])("has PyTorch's values and gradients with stored statistics: %s", (_, ctx, frozen) => {
    tidy(() => {
      const { recorded } = recording();
      expectFixture(fixture.case('batch norm inference'), (params, { x }) => ({
        y: batchNorm(params, 'layer', x as Tensor4D, ctx, { frozen }),
        running_mean: params['layer.running_mean']!,
        running_var: params['layer.running_var']!,
      }));
      expect(recorded).toEqual({});
    });
  });

  it('has the gradient of finite differences over rank 2 and rank 4', () => {
    tidy(() => {
      for (const shape of [
        [6, 3],
        [2, 2, 2, 3],
      ]) {
        const { 'bn.weight': weight, 'bn.bias': bias, ...buffers } = initBatchNorm('bn', 3);
        const x = normal(key(1), shape as [number, number]);
        assertGradientsMatch(
          (at) =>
            weighedSum(key(2), [
              batchNorm<Tensor>({ ...buffers, ...at }, 'bn', at['x']!, training),
            ]),
          { 'bn.weight': weight!, 'bn.bias': bias!, x },
          key(3),
        );
      }
    });
  });

  it('has the same gradient far from zero', () => {
    tidy(() => {
      const { ctx } = recording();
      const params = initBatchNorm('bn', 3);
      const x = normal(key(1), [64, 3]);
      const gradient = (shift: number): Tensor =>
        grad((at: Tensor) => weighedSum(key(2), [batchNorm(params, 'bn', at, ctx)]))(add(x, shift));
      expectClose(gradient(100), gradient(0), { rtol: 1e-3, atol: 1e-4 });
    });
  });

  it('moves the running statistics by the momentum', () => {
    tidy(() => {
      const { ctx, recorded } = recording();
      const params = initBatchNorm('bn', 1);
      batchNorm(params, 'bn', zeros([4, 1]), ctx, { momentum: 0.25 });
      expectClose(recorded['bn.running_mean']!, zeros([1]));
      expect(recorded['bn.running_var']!.dataSync()[0]).toBeCloseTo(0.75, 6);
    });
  });

  it('hands over what it records and leaks nothing else', () => {
    const params = initBatchNorm('bn', 2);
    const x = normal(key(0), [3, 2]);
    assertNoLeak('batchNorm', [x, ...Object.values(params)], () => {
      const { ctx, recorded } = recording();
      const y = tidy(() => batchNorm(params, 'bn', x, ctx));
      for (const value of Object.values(recorded)) expect(value.isDisposed).toBe(false);
      return [y, recorded];
    });
    assertNoLeak('batchNorm without a recorder', [x, ...Object.values(params)], () => [
      batchNorm(params, 'bn', x, training),
      batchNorm(params, 'bn', x, inference),
    ]);
    const before = memory().numTensors;
    disposeParams(params);
    expect(memory().numTensors).toBe(before - 5);
    x.dispose();
  });

  it('needs two values a channel in training, one otherwise', () => {
    tidy(() => {
      const params = initBatchNorm('bn', 2);
      expect(() => batchNorm(params, 'bn', zeros([1, 2]), training)).toThrow(ShapeError);
      expect(batchNorm(params, 'bn', zeros([1, 2]), inference).shape).toEqual([1, 2]);
    });
  });
});
