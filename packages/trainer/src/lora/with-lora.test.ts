import { memory, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  disposeParams,
  foldIn,
  inference,
  key,
  normal,
  type Key,
  type Params,
} from '@crossweave/core';
import { testEncoder } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { freeze } from '../freezing/freeze';
import { initialParams } from '../gradients';
import { jointModel } from '../joint-model';
import { adamW } from '../optimizers/adamw';
import { disposeState } from '../state';
import { contrastive, dotFusion, vectorSource } from '../tiny.testing';
import { layeredEncoder, stagedEncoder } from '../towers.testing';
import { train } from '../train';
import { isAdapter } from './adapters';
import { mergeLora, withLora, type LoraOptions } from './with-lora';

const targets = ['encoder.layer.*.dense'];
const options: LoraOptions = { rank: 2, alpha: 6, targets };
const adapted = withLora(layeredEncoder, options);

/** Parameters as after some training: both halves of every adapter are at random. */
function trained(): Params {
  const params = { ...adapted.init(key(0)) };
  for (const [path, value] of Object.entries(params)) {
    if (!isAdapter(path)) continue;
    params[path] = normal(foldIn(key(1), path), value.shape as [number, number]);
    value.dispose();
  }
  return params;
}

const input = (): Tensor2D => normal(key(2), [3, 4]);
const kind = {
  input: { make: (from: Key, batch: number): Tensor2D => normal(from, [batch, 4]) },
};

describe('conforms', () => {
  testEncoder(() => withLora(layeredEncoder, { ...options, dropout: 0.2 }), { describe, it }, kind);
});

it('adds two matrices a layer, under PEFT’s names, and starts as the encoder alone', () => {
  tidy(() => {
    const params = adapted.init(key(0));
    const shapes = Object.entries(params).flatMap(([path, { shape }]) =>
      isAdapter(path) ? [[path, ...shape]] : [],
    );
    expect(shapes).toEqual([
      ['encoder.layer.0.dense.lora_A.weight', 2, 4],
      ['encoder.layer.0.dense.lora_B.weight', 4, 2],
      ['encoder.layer.1.dense.lora_A.weight', 2, 4],
      ['encoder.layer.1.dense.lora_B.weight', 4, 2],
    ]);
    const plain = layeredEncoder.apply(layeredEncoder.init(key(0)), input(), inference);
    const same = adapted.apply(params, input(), inference);
    expect([...same.pooled.dataSync()]).toEqual([...plain.pooled.dataSync()]);
    expect(adapted.name).toBe('layered + lora(2)');
  });
});

it('computes with W + (alpha / rank)·B·A', () => {
  tidy(() => {
    const params = trained();
    const layer = 'encoder.layer.0.dense';
    const [w, a, b] = ['weight', 'lora_A.weight', 'lora_B.weight'].map((name) =>
      (params[`${layer}.${name}`] as Tensor2D).arraySync(),
    );
    const merged = (mergeLora(params, options)[`${layer}.weight`] as Tensor2D).arraySync();
    w!.forEach((row, i) =>
      row.forEach((value, j) => {
        const product = b![i]![0]! * a![0]![j]! + b![i]![1]! * a![1]![j]!;
        expect(merged[i]![j]).toBeCloseTo(value + 3 * product, 5);
      }),
    );
  });
});

it('merges into a tree of the plain encoder with the same outputs', () => {
  const params = trained();
  const before = memory().numTensors;
  const merged = mergeLora(params, options);
  expect(Object.keys(merged).some(isAdapter)).toBe(false);
  tidy(() => {
    const apart = adapted.apply(params, input(), inference).pooled.dataSync();
    const together = layeredEncoder.apply(merged, input(), inference).pooled.dataSync();
    apart.forEach((value, i) => expect(together[i]).toBeCloseTo(value, 5));
    expect(Math.max(...apart)).toBeGreaterThan(0.5);
  });
  // Where the tree has a prefix, and where it has no adapters.
  const prefixed = Object.fromEntries(Object.entries(params).map(([p, v]) => [`text.${p}`, v]));
  const whole = mergeLora(prefixed, options);
  expect(Object.keys(whole)).toEqual(Object.keys(merged).map((path) => `text.${path}`));
  const plain = mergeLora(merged, options);
  expect(Object.keys(plain)).toEqual(Object.keys(merged));
  [merged, whole, plain].forEach(disposeParams);
  expect(memory().numTensors).toBe(before);
  disposeParams(params);
});

it('trains the adapters and nothing else of its tower', async () => {
  const model = jointModel({ image: stagedEncoder, text: adapted, fusion: dotFusion });
  const setup = {
    ...{ model, loss: contrastive, data: vectorSource(8), steps: 3, key: key(1) },
    optimizer: adamW({ learningRate: 0.1 }),
    frozen: freeze(model, { text: 'base', image: 'all' }),
  };
  const before = initialParams(setup, foldIn(setup.key, 'init'));
  const after = await train(setup);
  const moved = Object.keys(before).filter(
    (path) => before[path]!.dataSync().join() !== after.params[path]!.dataSync().join(),
  );
  const adapters = Object.keys(before).filter(isAdapter);
  expect(moved.filter((path) => path.startsWith('text.'))).toEqual(adapters);
  expect(Object.keys(after.optimizer).filter((path) => path.includes('text.'))).toHaveLength(
    2 * adapters.length,
  );
  disposeState(after);
  disposeParams(before);
});

it('drops inputs by key, in training alone', () => {
  tidy(() => {
    const params = trained();
    const encoder = withLora(layeredEncoder, { ...options, dropout: 0.5 });
    const pooled = (training: boolean, seed: number): string =>
      encoder
        .apply(params, input(), { training, key: key(seed) })
        .pooled.dataSync()
        .join();
    expect(pooled(true, 1)).toBe(pooled(true, 1));
    expect(pooled(true, 1)).not.toBe(pooled(true, 2));
    expect(pooled(false, 1)).toBe(pooled(false, 2));
  });
});

describe('refuses', () => {
  it('options out of range', () => {
    const make = (changes: Partial<LoraOptions>) => () =>
      withLora(layeredEncoder, { ...options, ...changes });
    for (const changes of [
      { rank: 0 },
      { rank: 1.5 },
      { alpha: 0 },
      { alpha: NaN },
      { dropout: 1 },
    ]) {
      expect(make(changes)).toThrow(ConfigError);
    }
  });

  it('targets that are no linear layers', () => {
    const init = (names?: string[]) => () =>
      withLora(layeredEncoder, { rank: 1, alpha: 1, ...(names && { targets: names }) }).init(
        key(0),
      );
    expect(init(['encoder.layer.*.dense', '**.querry'])).toThrow(
      /"targets" names.*got \*\*\.querry/,
    );
    expect(init(['layernorm'])).toThrow(ConfigError);
    expect(init()).toThrow(/got query, value, q_proj/);
  });

  it('to freeze a base that has no adapters', () => {
    const model = jointModel({ image: stagedEncoder, text: layeredEncoder, fusion: dotFusion });
    expect(() => freeze(model, { text: 'base' })).toThrow(/text has no adapters.*withLora/);
  });
});
