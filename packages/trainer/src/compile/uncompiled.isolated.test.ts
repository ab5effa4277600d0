import {
  memory,
  mul,
  setBackend,
  slice,
  tile,
  type Scalar,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import {
  ConfigError,
  disposeBatch,
  type Loss,
  type Model,
  type PooledFeatures,
} from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { embeddedModel } from '../embedded.testing';
import { adamW } from '../optimizers/adamw';
import { contrastive, vectorSource } from '../tiny.testing';
import { train } from '../train';
import { chunked, model, onOnnx, options, run, warnings, type Options } from './compile.testing';

onOnnx();

/** The model, and how often its forward pass is called in training. */
function counted(): { model: Model<Tensor2D, Tensor2D>; calls: () => number } {
  let calls = 0;
  const forward: typeof model.forward = (...args) => {
    if (args[2].training) calls++;
    return model.forward(...args);
  };
  return { model: { ...model, forward }, calls: () => calls };
}

describe('JavaScript', () => {
  it('runs twice for a batch of several, and twice for each of the two passes over a chunk', async () => {
    const several = counted();
    await run(options({ model: several.model, compile: 'always', accumulate: 3 }));
    expect(several.calls()).toBe(2);
    const whole = embeddedModel();
    let calls = 0;
    const forward: typeof whole.forward = (...args) => {
      calls++;
      return whole.forward(...args);
    };
    const model = { ...whole, forward };
    await run(chunked({ model, chunk: 3, compile: 'always' }));
    expect(calls).toBe(4);
  });

  it('runs for the operations of two steps, and of two more for each shape', async () => {
    const once = counted();
    await run(options({ model: once.model, compile: 'always' }));
    expect(once.calls()).toBe(2);
    const two = counted();
    const short: Options['data'] = {
      ...vectorSource(6),
      batchesPerEpoch: 2,
      async *batches(epoch, from = 0) {
        const [batch] = await collected(vectorSource(6).batches(epoch));
        const [size, image, text] = [2, slice(batch!.image, 0, 2), slice(batch!.text, 0, 2)];
        if (from === 0) yield batch!;
        else disposeBatch(batch!);
        const ids = batch!.ids.slice(0, 2);
        yield { ...{ size, ids, groups: ids }, image, text };
      },
    };
    await run(options({ model: two.model, data: short, compile: 'always' }));
    expect(two.calls()).toBe(4);
  });

  it('runs for steps of more shapes than are compiled, which is said once', async () => {
    const growing: Options['data'] = {
      ...vectorSource(80),
      async *batches() {
        const all = await collected(vectorSource(80).batches(0));
        for (const [i, { image, text, ids }] of all.entries()) {
          const size = i + 1;
          const rows = (x: Tensor2D): Tensor2D => slice(tile(x, [size, 1]), 0, size);
          const own = Array.from({ length: size }, (_, row) => `${ids[0]}.${row}`);
          yield { ...{ size, ids: own, groups: own }, image: rows(image), text: rows(text) };
        }
      },
    };
    const found = await run(options({ data: growing, steps: 19 }));
    expect(warnings(found).map(({ message, step }) => `${step} ${message}`)).toEqual([
      '17 some steps are not compiled: batches have more than 16 combinations of shapes.',
    ]);
    const eager = await run(options({ data: growing, steps: 19, compile: 'never' }));
    expect(found.losses).toEqual(eager.losses);
  });
});

describe('what cannot be compiled', () => {
  const reading: Loss<PooledFeatures> = {
    ...contrastive,
    compute: (params, outputs, batch, ctx) => {
      const found = contrastive.compute(params, outputs, batch, ctx);
      const weight = batch.groups[0]!.length;
      return { ...found, total: mul<Scalar>(found.total, weight) };
    },
  };
  const readingNegatives: Loss<PooledFeatures> = {
    ...contrastive,
    compute: (params, outputs, batch, ctx) => {
      const found = contrastive.compute(params, outputs, batch, ctx);
      return { ...found, total: mul<Scalar>(found.total, batch.negativeCaptions?.length ?? 0) };
    },
  };
  const named: Options['data'] = {
    ...vectorSource(22),
    async *batches(epoch, from) {
      for await (const batch of vectorSource(22).batches(epoch, from)) {
        yield { ...batch, negativeCaptions: batch.ids };
      }
    },
  };
  const looking: Loss<PooledFeatures> = {
    ...contrastive,
    compute: (params, outputs, batch, ctx) => {
      const found = contrastive.compute(params, outputs, batch, ctx);
      const [value] = found.total.dataSync();
      return { ...found, total: mul<Scalar>(found.total, value! > 0 ? 1 : 2) };
    },
  };
  const counting = (): Loss<PooledFeatures> => {
    let calls = 0;
    return {
      ...contrastive,
      compute: (params, outputs, batch, ctx) => {
        const found = contrastive.compute(params, outputs, batch, ctx);
        calls++;
        return { ...found, total: mul<Scalar>(found.total, calls) };
      },
    };
  };
  const plain = { ...adamW({ learningRate: 0.05 }) };
  delete plain.updateAt;
  const cases: readonly (readonly [string, Partial<Options>, RegExp])[] = [
    ['a loss that reads the batch', { loss: reading }, /batch\.groups was read/],
    [
      'a loss that reads the names of false texts',
      { loss: readingNegatives, data: named },
      /batch\.negativeCaptions was read/,
    ],
    ['a loss that reads a value', { loss: looking }, /read/],
    ['an optimizer that wants a number', { optimizer: plain }, /"adamw" has no updateAt/],
  ];
  it.each(cases)('%s: says so once, and gives the same numbers', async (_name, extra, reason) => {
    const tensors = memory().numTensors;
    const found = await run(options(extra));
    expect(warnings(found)).toHaveLength(1);
    expect(warnings(found)[0]!.message).toMatch(/not compiled/);
    expect(warnings(found)[0]!.message).toMatch(reason);
    const eager = await run(options({ ...extra, compile: 'never' }));
    expect(warnings(eager)).toEqual([]);
    expect(found.losses).toEqual(eager.losses);
    expect(found.values).toEqual(eager.values);
    await expect(train(options({ ...extra, compile: 'always' }))).rejects.toThrow(ConfigError);
    expect(memory().numTensors).toBe(tensors);
  });

  it('a loss that is not pure is noticed at its second step', async () => {
    await expect(train(options({ loss: counting(), compile: 'always' }))).rejects.toThrow(
      /different values|pass values that vary/,
    );
  });

  it('an engine that compiles nothing, and a wrong option', async () => {
    await setBackend('cpu');
    await expect(train(options({ compile: 'always' }))).rejects.toThrow(/does not compile/);
    expect(warnings(await run(options({ steps: 2 })))).toEqual([]);
    await setBackend('onnx');
    await expect(train(options({ compile: true as never }))).rejects.toThrow(
      /"compile".*'auto', 'always', 'never'|compile/,
    );
  });
});

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
