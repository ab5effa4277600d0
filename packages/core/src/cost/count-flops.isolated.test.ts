import {
  add,
  avgPool,
  concat,
  grad,
  matMul,
  memory,
  ones,
  reshape,
  sum,
  tidy,
  transpose,
  type Rank,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { key } from '../keys';
import {
  conv2d,
  initConv2d,
  initLinear,
  linear,
  maskedMean,
  scaledDotProductAttention,
} from '../nn';
import { countFlops } from './count-flops';

const input = <R extends Rank>(...shape: number[]) => ones<R>(shape as never);

describe('countFlops', () => {
  it('counts 2·B·in·out and the bias of a linear layer', () =>
    tidy(() => {
      const params = initLinear(key(1), 'layer', { in: 5, out: 7 });
      const { total, kernels } = countFlops(() => linear(params, 'layer', input<Rank.R2>(3, 5)));
      expect(total).toBe(2 * 3 * 5 * 7 + 3 * 7);
      expect(kernels['BatchMatMul'] ?? kernels['_FusedMatMul']).toBeGreaterThanOrEqual(210);
    }));

  it('counts both products of attention, its scale, its softmax', () =>
    tidy(() => {
      const [b, h, n, m, w] = [2, 3, 4, 5, 6];
      const { kernels } = countFlops(() =>
        scaledDotProductAttention(
          input<Rank.R4>(b, h, n, w),
          input<Rank.R4>(b, h, m, w),
          input<Rank.R4>(b, h, m, w),
        ),
      );
      expect(kernels).toEqual({
        Multiply: b * h * n * w,
        BatchMatMul: 2 * (2 * b * h * n * m * w),
        Softmax: 5 * b * h * n * m,
      });
    }));

  it('counts 2·B·H′·W′·out·in·k² of a convolution, and twice that for its gradients', () =>
    tidy(() => {
      const params = initConv2d(key(1), 'conv', { in: 3, out: 4, kernel: 3 });
      const x = input<Rank.R4>(2, 8, 8, 3);
      const run = () => conv2d(params, 'conv', x, { stride: 2, padding: 1 });
      const forward = 2 * (2 * 4 * 4 * 4) * 3 * 9;
      expect(countFlops(run).kernels).toEqual({ Conv2D: forward });
      const weight = params['conv.weight']!;
      const both = countFlops(() => [
        grad((w: Tensor) =>
          sum(conv2d({ 'conv.weight': w }, 'conv', x, { stride: 2, padding: 1 })),
        )(weight),
        grad((at: Tensor) =>
          sum(conv2d(params, 'conv', at as typeof x, { stride: 2, padding: 1 })),
        )(x),
      ]).kernels;
      expect(both).toMatchObject({
        Conv2D: 2 * forward,
        Conv2DBackpropFilter: forward,
        Conv2DBackpropInput: forward,
      });
    }));

  it('counts values computed, windows read, and nothing for what is moved', () =>
    tidy(() => {
      const x = input<Rank.R4>(1, 4, 4, 3);
      expect(countFlops(() => add(x, 1)).total).toBe(48);
      expect(countFlops(() => sum(x, 3)).kernels).toEqual({ Sum: 48 });
      expect(countFlops(() => avgPool(x, 2, 2, 'valid')).total).toBe(4 * 12);
      const moved = () => concat([reshape(transpose(x), [-1]), reshape(x, [-1])]);
      expect(countFlops(moved)).toEqual({ total: 0, kernels: {} });
      expect(countFlops(() => matMul(input<Rank.R2>(3, 2), input<Rank.R2>(3, 4), true)).total).toBe(
        2 * 2 * 3 * 4,
      );
    }));

  it('counts inside a count, ends when a run throws, and leaks nothing', () => {
    const before = memory().numTensors;
    let inner = 0;
    const outer = countFlops(() => {
      inner = countFlops(() => add(input(2, 2), 1)).total;
      return maskedMean(input<Rank.R3>(1, 2, 3), input<Rank.R2>(1, 2));
    });
    expect(inner).toBe(4);
    expect(outer.kernels['Add']).toBe(4);
    expect(() =>
      countFlops(() => {
        throw new Error('enough');
      }),
    ).toThrow('enough');
    expect(countFlops(() => undefined)).toEqual({ total: 0, kernels: {} });
    expect(memory().numTensors).toBe(before);
  });
});
