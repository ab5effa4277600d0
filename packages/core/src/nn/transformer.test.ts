import {
  concat,
  ones,
  slice,
  tensor2d,
  tidy,
  zeros,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { inference, type Context } from '../contracts/context';
import { key, normal } from '../keys';
import type { Params } from '../params';
import { assertGradientsMatch } from '../testing/finite-differences';
import { expectClose, expectFixture, loadFixture } from '../testing/fixtures';
import { gradientsAt, nudged, weighedSum } from '../testing/gradients';
import { assertNoLeak } from '../testing/leaks';
import {
  crossAttentionBlock,
  initCrossAttentionBlock,
  initTransformerBlock,
  transformerBlock,
  type CrossAttentionOptions,
} from './transformer';

const fixture = loadFixture(new URL('../../fixtures/nn.json', import.meta.url));
const training: Context = { training: true, key: key(0) };
const sizes = { dim: 4, hidden: 6 };

type Tensors = Readonly<Record<string, Tensor>>;
const encode = (
  params: Params,
  at: Tensors,
  path: string,
  options: Partial<CrossAttentionOptions>,
): Tensor3D =>
  transformerBlock(params, path, at['x'] as Tensor3D, {
    mask: at['mask'] as Tensor2D | undefined,
    heads: 2,
    ctx: inference,
    ...options,
  });
const cross = (
  params: Params,
  at: Tensors,
  path: string,
  options: Partial<CrossAttentionOptions>,
): Tensor3D =>
  crossAttentionBlock(params, path, at['x'] as Tensor3D, at['context'] as Tensor3D, {
    mask: at['mask'] as Tensor2D | undefined,
    contextMask: at['contextMask'] as Tensor2D | undefined,
    heads: 2,
    ctx: inference,
    ...options,
  });

describe.each([
  ['transformer', encode, initTransformerBlock],
  ['cross-attention', cross, initCrossAttentionBlock],
] as const)('%s block', (name, apply, init) => {
  const draw = (): Params => ({ x: normal(key(1), [2, 3, 4]), context: normal(key(2), [2, 2, 4]) });

  it.each(['pre-norm', 'post-norm'])("has PyTorch's values and gradients: %s", (order) => {
    tidy(() => {
      const reference = fixture.case(`${name} ${order}`);
      expectFixture(reference, (params, at) => ({
        y: apply(params, at, 'layer', reference.options),
      }));
    });
  });

  it('has the gradient of finite differences', () => {
    tidy(() => {
      const { x, context } = draw();
      const params = nudged(key(5), init(key(0), 'block', sizes));
      const point = { ...params, x: x!, ...(name === 'cross-attention' && { context: context! }) };
      assertGradientsMatch(
        (at) => weighedSum(key(3), [apply(at, at, 'block', { normFirst: true })]),
        point,
        key(4),
        4,
      );
    });
  });

  it('changes nothing at real tokens when padding is added', () => {
    tidy(() => {
      const params = init(key(0), 'block', sizes);
      const { x, context } = draw();
      const junk = normal(key(9), [2, 2, 4], 0, 100);
      const mask = concat([ones([2, 3]), zeros([2, 2])], 1);
      const padded = apply(
        params,
        { x: concat([x!, junk], 1), context: context!, mask },
        'block',
        {},
      );
      expectClose(
        slice(padded, [0, 0, 0], [2, 3, 4]),
        apply(params, { x: x!, context: context! }, 'block', {}),
      );
    });
  });

  it('drops in training only, the same for the same key, everywhere it should', () => {
    tidy(() => {
      const params = init(key(0), 'block', sizes);
      const at = draw();
      const run = (ctx: Context): number[] =>
        Array.from(apply(params, at, 'block', { ctx, dropout: 0.5 }).dataSync());
      expect(run(training)).toEqual(run(training));
      expect(run(training)).not.toEqual(run({ ...training, key: key(1) }));
      expect(run(inference)).toEqual(Array.from(apply(params, at, 'block', {}).dataSync()));
      // At rate 1 every part adds nothing, so pre-norm passes its input through.
      const nothing = apply(params, at, 'block', { ctx: training, dropout: 1, normFirst: true });
      expectClose(nothing, at['x']!, { rtol: 0, atol: 0 });
    });
  });

  it.each([false, true])('computes the first tokens alone, norm first: %s', (normFirst) => {
    tidy(() => {
      const params = nudged(key(5), init(key(0), 'block', sizes));
      const at = { ...draw(), mask: tensor2d([1, 1, 0, 1, 1, 1], [2, 3]) };
      const whole = apply(params, at, 'block', { normFirst });
      for (const keep of [1, 2, 3]) {
        const kept = apply(params, at, 'block', { normFirst, keep });
        expectClose(kept, slice(whole, [0, 0, 0], [2, keep, 4]));
      }
    });
  });

  it('reaches every parameter', () => {
    tidy(() => {
      const params = init(key(0), 'block', sizes);
      const gradients = gradientsAt(
        (at) => weighedSum(key(1), [apply(at, draw(), 'block', {})]),
        params,
      );
      for (const [path, gradient] of Object.entries(gradients)) {
        expect(
          gradient.dataSync().some((value) => value !== 0),
          path,
        ).toBe(true);
      }
    });
  });

  it('handles one sample of one token, and leaks nothing', () => {
    const params = init(key(0), 'block', sizes);
    const at = {
      x: normal(key(1), [1, 1, 4]),
      context: normal(key(2), [1, 1, 4]),
      mask: ones([1, 1]),
    };
    assertNoLeak(name, [...Object.values<Tensor>(at), ...Object.values(params)], () => {
      const result = apply(params, at, 'block', { ctx: training, dropout: 0.1 });
      expect(result.shape).toEqual([1, 1, 4]);
      return [result];
    });
  });
});

it("blocks have PyTorch's state-dict keys and shapes", () => {
  tidy(() => {
    for (const [name, init] of [
      ['transformer post-norm', initTransformerBlock],
      ['cross-attention post-norm', initCrossAttentionBlock],
    ] as const) {
      const shapes = (params: Params): Record<string, number[]> =>
        Object.fromEntries(Object.entries(params).map(([path, value]) => [path, value.shape]));
      const ours = init(key(0), 'layer', { dim: 6, hidden: 8 });
      expect(shapes(ours)).toEqual(shapes(fixture.case(name).params));
    }
  });
});
