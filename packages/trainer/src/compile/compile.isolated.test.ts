import '@crossweave/tfjs-backend-onnx/register';
import {
  getBackend,
  memory,
  mul,
  ones,
  setBackend,
  slice,
  tile,
  type Scalar,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import {
  ConfigError,
  disposeBatch,
  key,
  normal,
  type Batch,
  type BatchSource,
  type Features,
  type Loss,
  type Model,
  type PooledFeatures,
} from '@crossweave/core';
import { coAttention, dualEncoder } from '@crossweave/fusion';
import { infoNCE, listwiseMatching, momentumContrastive } from '@crossweave/losses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normalizeBranches } from '../balance/normalize-branches';
import { cachedEncoder } from '../cached-encoder';
import { jointModel } from '../joint-model';
import type { TrainOptions } from '../options';
import { adamW } from '../optimizers/adamw';
import { createOptimizer, optimizers } from '../optimizers/registry';
import type { StepRecord, TrainRecord, WarningRecord } from '../records';
import { warmupCosine } from '../schedules/warmup';
import { copyOfState, disposeState, type TrainState } from '../state';
import { embeddedModel, rowSource } from '../embedded.testing';
import { contrastive, dotFusion, linearEncoder, vectorSource } from '../tiny.testing';
import { train } from '../train';

const before = getBackend();
beforeAll(async () => {
  await setBackend('onnx');
});
afterAll(async () => {
  await setBackend(before);
});

type Options = TrainOptions<Tensor2D, Tensor2D>;

const model = jointModel({
  image: linearEncoder('linear', 4),
  text: linearEncoder('linear', 4),
  fusion: dotFusion,
});

/** Pairs of which some share their caption, other ones in each batch. */
const data: Options['data'] = {
  ...vectorSource(22),
  async *batches(epoch, from) {
    for await (const batch of vectorSource(22).batches(epoch, from)) {
      const captions = batch.ids.map((id) => (Number(id.slice(4)) % 3 === 0 ? 'same' : id));
      yield { ...batch, captions };
    }
  },
};

const options = (extra: Partial<Options> = {}): Options => ({
  ...{ model, loss: infoNCE(), optimizer: adamW({ learningRate: 0.05 }), data },
  ...{ steps: 8, key: key(1), ...extra },
});

type PooledOptions = TrainOptions<Tensor2D, Tensor2D, PooledFeatures>;

const chunked = (extra: Partial<PooledOptions> = {}): PooledOptions => ({
  ...{ model: embeddedModel(), loss: infoNCE(), optimizer: adamW({ learningRate: 0.05 }) },
  ...{ data: rowSource(24, 6), chunk: 4, steps: 8, key: key(1), ...extra },
});

interface Run {
  readonly records: readonly TrainRecord[];
  readonly losses: readonly number[];
  readonly values: Readonly<Record<string, readonly number[]>>;
}

async function run<I, T, F extends PooledFeatures>(given: TrainOptions<I, T, F>): Promise<Run> {
  const records: TrainRecord[] = [];
  const state = await train({ ...given, log: (record) => records.push(record) });
  const { queue } = state.teacher ?? {};
  const trees = {
    ...{ ...state.params, ...state.optimizer, ...state.average, ...state.teacher?.params },
    ...(queue && { 'queue.image': queue.image, 'queue.text': queue.text }),
  };
  const values = Object.fromEntries(
    Object.entries(trees).map(([path, value]) => [path, [...value.dataSync()]]),
  );
  disposeState(state);
  const steps = records.filter((record): record is StepRecord => record.kind === 'step');
  return { records, values, losses: steps.map(({ loss }) => loss) };
}

const warnings = ({ records }: Run): WarningRecord[] =>
  records.filter(
    (record): record is WarningRecord =>
      record.kind === 'warning' && record.message.includes('not compiled'),
  );

/** Compiled and not, compared to float32 rounding. */
async function sameBothWays<I, T, F extends PooledFeatures>(
  given: TrainOptions<I, T, F>,
): Promise<Run> {
  const tensors = memory().numTensors;
  const eager = await run({ ...given, compile: 'never' });
  const compiled = await run({ ...given, compile: 'always' });
  expect(memory().numTensors).toBe(tensors);
  expect(compiled.losses).toHaveLength(eager.losses.length);
  const close = (a: readonly number[], b: readonly number[], what: string): void => {
    a.forEach((value, i) => {
      expect(Math.abs(value - b[i]!), what).toBeLessThanOrEqual(1e-6 + 1e-5 * Math.abs(b[i]!));
    });
  };
  close(compiled.losses, eager.losses, 'loss');
  for (const [path, value] of Object.entries(eager.values)) {
    close(compiled.values[path]!, value, path);
  }
  return compiled;
}

/** Batches whose first two pairs share their caption. */
function sharing(
  source: BatchSource<Batch<Tensor2D, Tensor2D>>,
): BatchSource<Batch<Tensor2D, Tensor2D>> {
  return {
    ...source,
    async *batches(epoch, from) {
      for await (const batch of source.batches(epoch, from)) {
        yield { ...batch, captions: ['same', 'same', ...batch.ids.slice(2)] };
      }
    },
  };
}

const queued = (): Options =>
  options({
    model: jointModel({
      image: linearEncoder('linear', 4),
      text: linearEncoder('linear', 4),
      fusion: dualEncoder({ dim: 4 }),
    }),
    ...{ teacher: { momentum: 0.9, queue: 8 }, loss: momentumContrastive() },
  });

/** Pairs of token sequences with a false caption each. */
const tokenData: BatchSource<Batch<Features, Features>> = {
  batchSize: 4,
  batchesPerEpoch: 50,
  async *batches(epoch, from = 0) {
    for (let i = from; i < 50; i++) {
      await Promise.resolve();
      const features = (name: number, rows: number, tokens: number): Features => {
        const pooled: Tensor2D = normal(key(1000 * epoch + 10 * i + name), [rows, 8]);
        const all: Features['tokens'] = normal(key(7000 + 10 * i + name), [rows, tokens, 8]);
        return { tokens: all, mask: ones([rows, tokens]), pooled };
      };
      const ids = ['a', 'b', 'c', 'd'].map((name) => `${i}${name}`);
      // In every third batch two pairs share their caption, so that one has fewer negatives.
      const captions = i % 3 === 2 ? ['same', 'same', ...ids.slice(2)] : ids;
      yield {
        ...{ size: 4, ids, groups: ids, captions },
        ...{ image: features(1, 4, 3), text: features(2, 4, 2), negatives: features(3, 4, 2) },
      };
    }
  },
};

const tokenOptions = (
  extra: Partial<TrainOptions<Features, Features>> = {},
): TrainOptions<Features, Features> => ({
  model: jointModel({
    image: cachedEncoder('image', { dim: 8, tokens: 3 }),
    text: cachedEncoder('text', { dim: 8, tokens: 2 }),
    fusion: coAttention({ dim: 8, heads: 2, hidden: 16, layers: 1, dropout: 0.2 }),
  }),
  loss: listwiseMatching({ inBatch: 2 }),
  optimizer: adamW({ learningRate: { fusion: 0.01 } }),
  ...{ data: tokenData, steps: 7, key: key(2), ...extra },
});

describe('compiled and eager steps are equal', () => {
  const schedule = warmupCosine({ warmup: 3, steps: 8 });
  it.each(Object.keys(optimizers))('%s', async (name) => {
    const learningRate = { image: 0.05, text: 0.01, fusion: 0.02, loss: 0.02 };
    const optimizer = createOptimizer(name, {
      learningRate,
      ...(name !== 'schedule-free-adamw' && { schedule }),
    });
    await sameBothWays(options({ optimizer }));
  });

  it('with dropout, drawn negatives and batches in which pairs share a caption', async () => {
    await sameBothWays(tokenOptions());
  });

  it('with averages, a twin, changed gradients and parts that are unfrozen', async () => {
    await sameBothWays(options({ average: { decay: 0.9 }, modulate: normalizeBranches() }));
    await sameBothWays(
      options({ loss: momentumContrastive({ rampSteps: 5 }), teacher: { momentum: 0.9 } }),
    );
    await sameBothWays(options({ frozenUntil: (path) => (path.startsWith('image.') ? 3 : 0) }));
  });

  it('with a queue, also of pairs that share a caption with the batch', async () => {
    await sameBothWays(queued());
  });

  it('with several batches a step, with a batch in chunks, and with both', async () => {
    const average = { decay: 0.9 };
    await sameBothWays(
      options({ accumulate: 3, average, modulate: normalizeBranches(), steps: 4 }),
    );
    await sameBothWays(tokenOptions({ accumulate: 2, steps: 4 }));
    const data = sharing(rowSource(24, 6, { negatives: 1 }));
    for (const accumulate of [1, 2]) await sameBothWays(chunked({ data, accumulate }));
  });

  it('with a batch of several that is not finite', async () => {
    const { records } = await sameBothWays(
      options({
        data: vectorSource(22, { poison: 5 }),
        ...{ loss: contrastive, onNonFinite: 'skip', accumulate: 2 },
      }),
    );
    const [skipped] = records.filter(({ kind }) => kind === 'skipped');
    expect(skipped).toMatchObject({ tensor: 'image of the batch' });
  });

  it('with a batch that is not finite, whose policy lowers the rates', async () => {
    const { records } = await sameBothWays(
      options({
        data: vectorSource(22, { poison: 5 }),
        loss: contrastive,
        onNonFinite: { halveRate: true },
      }),
    );
    const skipped = records.filter(({ kind }) => kind === 'skipped');
    expect(skipped.length).toBeGreaterThan(0);
    expect(skipped[0]).toMatchObject({ tensor: 'image of the batch', rateFactor: 0.5 });
  });

  it('with a state that a leap of the loss goes back to', async () => {
    await sameBothWays(options({ steps: 12, spikes: { deviations: 0.1, window: 3, every: 2 } }));
  });
});

describe('ends with the same bits when it goes on from a saved state', () => {
  async function goesOn<I, T, F extends PooledFeatures>(given: TrainOptions<I, T, F>) {
    let saved: TrainState | undefined;
    const checkpoint = (state: TrainState): Promise<void> => {
      if (state.step === 3) saved = copyOfState(state);
      return Promise.resolve();
    };
    const whole = await run({ ...given, compile: 'always', checkpoint, checkpointEvery: 3 });
    const { values } = await run({ ...given, compile: 'always', start: saved! });
    expect(values).toEqual(whole.values);
    expect((await run({ ...given, compile: 'always' })).values).toEqual(whole.values);
    disposeState(saved!);
  }

  it('a step of one batch', () => goesOn(tokenOptions()));
  it('a step with a queue', () => goesOn(queued()));
  it('a step of several batches', () => goesOn(tokenOptions({ accumulate: 2, steps: 4 })));
  it('a step of a batch in chunks', () => goesOn(chunked()));
});

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
