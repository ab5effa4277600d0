import { memory, type Tensor2D } from '@tensorflow/tfjs-core';
import { disposeParams, key, type Params } from '@crossweave/core';
import { expect, it } from 'vitest';
import { usableParams } from './averaged';
import { unfreezeAt } from './freezing/unfreeze-at';
import { jointModel } from './joint-model';
import { adamW } from './optimizers/adamw';
import { scheduleFreeAdamW } from './optimizers/schedule-free-adamw';
import type { TrainOptions } from './options';
import { disposeState, type TrainState } from './state';
import { contrastive, dotFusion, linearEncoder, vectorSource } from './tiny.testing';
import { train } from './train';

type Options = TrainOptions<Tensor2D, Tensor2D>;
const model = jointModel({
  image: linearEncoder('linear', 3),
  text: linearEncoder('linear', 3),
  fusion: dotFusion,
});

function options(extra: Partial<Options> = {}): Options {
  return {
    ...{ model, loss: contrastive, optimizer: adamW({ learningRate: 0.05 }) },
    ...{ data: vectorSource(10), steps: 6, key: key(1), ...extra },
  };
}

const values = (params: Params = {}): Record<string, number[]> =>
  Object.fromEntries(Object.entries(params).map(([path, value]) => [path, [...value.dataSync()]]));

it('averages the trained parameters, and evaluates the averages', async () => {
  const before = memory().numTensors;
  const trained: number[][] = [];
  const seen: number[][] = [];
  const first = (params: Params): number[] => values(params)['image.weight']!;
  const result = await train(
    options({
      ...{ average: { decay: 0.5 }, evaluateEvery: 1 },
      checkpointEvery: 1,
      checkpoint: (state) => Promise.resolve(void trained.push(first(state.params))),
      evaluate: (state) => {
        seen.push(first(state.params));
        return Promise.resolve({});
      },
    }),
  );
  const start = await train(options({ steps: 1, optimizer: adamW({ learningRate: { '': 0 } }) }));
  let average = first(start.params);
  trained.forEach((now, i) => {
    const decay = Math.min(0.5, (i + 1) / (i + 10));
    average = average.map((old, j) => decay * old + (1 - decay) * now[j]!);
    average.forEach((value, j) => expect(seen[i]![j]!).toBeCloseTo(value, 5));
  });
  const used = usableParams(result);
  expect(first(used)).toEqual(seen.at(-1));
  expect(values(used)['image.running_mean']).toEqual(values(result.params)['image.running_mean']);
  disposeParams(used);
  [result, start].forEach(disposeState);
  expect(memory().numTensors).toBe(before);
});

it('evaluates what an optimizer gives in place of its parameters', async () => {
  const optimizer = scheduleFreeAdamW({ learningRate: 0.05 });
  let seen: Record<string, number[]> = {};
  const evaluate = ({ params }: TrainState): Promise<Record<string, number>> => {
    seen = values(params);
    return Promise.resolve({});
  };
  const result = await train(options({ optimizer, evaluate }));
  const used = usableParams(result, optimizer);
  expect(values(used)).toEqual(seen);
  expect(seen['image.weight']).not.toEqual(values(result.params)['image.weight']);
  disposeParams(used);
  disposeState(result);
});

it('leaves a part alone until its step, running statistics included', async () => {
  const frozenUntil = unfreezeAt(model, { image: 3 });
  const seen: Record<string, number[]>[] = [];
  const checkpoint = ({ params }: TrainState): Promise<void> =>
    Promise.resolve(void seen.push(values(params)));
  const result = await train(options({ frozenUntil, checkpoint, checkpointEvery: 1 }));
  for (const path of ['image.weight', 'image.running_mean']) {
    const moved = seen.map((each) => JSON.stringify(each[path]));
    expect(new Set(moved.slice(0, 3)).size, path).toBe(1);
    expect(new Set(moved.slice(2)).size, path).toBe(4);
  }
  expect(seen[0]!['text.weight']).not.toEqual(seen[1]!['text.weight']);
  const part = await train(options({ frozenUntil, steps: 2 }));
  const rest = await train(options({ frozenUntil, start: part }));
  expect(values(rest.params)).toEqual(values(result.params));
  [result, part, rest].forEach(disposeState);
  expect(() => unfreezeAt(model, { images: 3 })).toThrow(/Did you mean "image"/);
  expect(() => unfreezeAt(model, { image: 0.5 })).toThrow(/whole number/);
});
