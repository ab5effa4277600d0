import {
  add,
  memory,
  mul,
  setBackend,
  sum,
  tidy,
  type Rank,
  type Scalar,
  type Tensor,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import '@crossweave/tfjs-backend-onnx/register';
import type { Context } from '../contracts/context';
import { key, normal } from '../keys';
import { disposeParams, mergeParams, type Params } from '../params';
import { gradientsAt } from '../testing/gradients';
import { batchNorm, initBatchNorm } from './batch-norm';
import { checkpoint, runLayer, type Block } from './checkpoint';
import { initTransformerBlock, transformerBlock } from './transformer';

afterEach(async () => {
  await setBackend('cpu');
});

const training: Context = { training: true, key: key(3) };
const paths = ['layer.0', 'layer.1', 'layer.2'];

const makeParams = (): Params =>
  mergeParams(...paths.map((path) => initTransformerBlock(key(0), path, { dim: 8, hidden: 16 })));

const layer =
  (path: string): Block<readonly [Tensor3D], Tensor3D> =>
  (params, [x], ctx) =>
    transformerBlock(params, path, x, { heads: 2, ctx, dropout: 0.3 });

function loss(params: Params, x: Tensor3D, checkpointed: boolean): Scalar {
  const last = paths.reduce((at, path) => {
    if (!checkpointed) return layer(path)(params, [at], training);
    const own = Object.fromEntries(Object.entries(params).filter(([p]) => p.startsWith(path)));
    return checkpoint(layer(path), own, [at], training);
  }, x);
  return sum(mul(last, add(last, 1)));
}

describe.each(['cpu', 'onnx'])('on %s', (name) => {
  it('has the same gradients to the last bit, dropout replayed by key', async () => {
    await setBackend(name);
    tidy(() => {
      const params = makeParams();
      const tree = { ...params, x: normal(key(1), [2, 3, 8]) };
      const at = (checkpointed: boolean) =>
        gradientsAt((given) => loss(given, given['x'] as Tensor3D, checkpointed), tree);
      const [plain, again] = [at(false), at(true)];
      expect(Object.keys(again).sort()).toEqual(Object.keys(tree).sort());
      for (const path of Object.keys(tree)) {
        expect([...again[path]!.dataSync()], path).toEqual([...plain[path]!.dataSync()]);
      }
    });
  });

  it('leaks nothing and records running statistics once', async () => {
    await setBackend(name);
    const params = initBatchNorm('bn', 4);
    const x = normal<Rank.R3>(key(1), [5, 2, 4]);
    const before = memory().numTensors;
    let recorded = 0;
    const ctx: Context = {
      ...training,
      record: (_path, value) => {
        recorded++;
        value.dispose();
      },
    };
    tidy(() => {
      const gradients = gradientsAt(
        (given) =>
          sum(
            checkpoint(
              (tree, [input], at) => batchNorm(tree, 'bn', input, at),
              given,
              [x] as const,
              ctx,
            ),
          ),
        params,
      );
      expect([...gradients['bn.bias']!.dataSync()]).toEqual([10, 10, 10, 10]);
    });
    expect(recorded).toBe(3);
    expect(memory().numTensors).toBe(before);
    disposeParams(params);
    x.dispose();
  });
});

it('holds less for the backward pass where every operation computes at once', () => {
  const params = makeParams();
  const x = normal<Rank.R3>(key(1), [2, 16, 8]);
  const most = (checkpointed: boolean): number => {
    const held = memory().numBytes;
    let bytes = 0;
    tidy(() => {
      gradientsAt((given) => {
        const value = loss(given, x, checkpointed);
        bytes = memory().numBytes - held;
        return value;
      }, params);
    });
    return bytes;
  };
  const [plain, less] = [most(false), most(true)];
  expect(less).toBeLessThan(0.7 * plain);
  disposeParams(params);
  x.dispose();
});

it('is the block itself without a gradient', () => {
  tidy(() => {
    const params = makeParams();
    const x = normal<Rank.R3>(key(1), [2, 3, 8]);
    expect([...loss(params, x, true).dataSync()]).toEqual([...loss(params, x, false).dataSync()]);
  });
});

it('runs the block in the whole context both times, and records the first time alone', () => {
  const seen: Context[] = [];
  const whole: Context = {
    ...training,
    step: 7,
    recompute: true,
    frozen: (path) => path === 'bn.running_mean',
    record: () => undefined,
  };
  tidy(() => {
    const params = { w: normal(key(0), [2]) };
    gradientsAt((given) => {
      const block: Block<readonly [], Tensor> = (tree, _, at) => {
        seen.push(at);
        return mul(tree['w']!, 2);
      };
      return sum(checkpoint(block, given, [] as const, whole));
    }, params);
  });
  const { record, ...silent } = whole;
  expect(seen).toEqual([{ ...silent, record }, silent]);
  expect('record' in seen[1]!).toBe(false);
});

it('keeps the gradients where a layer that is computed again has layers of its own', () => {
  tidy(() => {
    const params = makeParams();
    const outer: Block<readonly [Tensor3D], Tensor3D> = (tree, [x], at) =>
      paths.reduce((value, path) => runLayer(layer(path), tree, path, [value], at), x);
    const tree = { ...params, x: normal(key(1), [2, 3, 8]) };
    const slopes = (recompute: boolean): Params =>
      gradientsAt((given) => {
        const { x, ...own } = given;
        const at = { ...training, recompute };
        const last = recompute
          ? checkpoint(outer, own, [x as Tensor3D], at)
          : outer(own, [x as Tensor3D], at);
        return sum(mul(last, add(last, 1)));
      }, tree);
    const [plain, nested] = [slopes(false), slopes(true)];
    for (const path of Object.keys(tree)) {
      expect([...nested[path]!.dataSync()], path).toEqual([...plain[path]!.dataSync()]);
    }
  });
});

it('leaves batch norm that is frozen as it is, computed again or not', () => {
  tidy(() => {
    const x = normal<Rank.R3>(key(1), [5, 2, 4]);
    const params = initBatchNorm('bn', 4);
    const ctx: Context = { ...training, frozen: (path) => path === 'bn.running_mean' };
    const slopes = (again: boolean): Params =>
      gradientsAt((given) => {
        const block: Block<readonly [Tensor3D], Tensor3D> = (tree, [input], at) =>
          batchNorm(tree, 'bn', input, at);
        const value = again ? checkpoint(block, given, [x], ctx) : block(given, [x], ctx);
        return sum(mul(value, value));
      }, params);
    const [plain, again] = [slopes(false), slopes(true)];
    for (const path of ['bn.weight', 'bn.bias']) {
      expect([...again[path]!.dataSync()]).toEqual([...plain[path]!.dataSync()]);
    }
  });
});
