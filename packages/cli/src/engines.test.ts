import { backend, env, memory, tensor2d, tensor4d } from '@tensorflow/tfjs-core';
import {
  foldIn,
  key,
  normalArray,
  uniformArray,
  type BatchSource,
  type Loss,
  type PooledFeatures,
} from '@crossweave/core';
import { engines, useEngine } from '@crossweave/core/engine';
import { createFusion } from '@crossweave/fusion';
import { createImageEncoder } from '@crossweave/image-encoder';
import { createLoss, momentumContrastive } from '@crossweave/losses';
import { createTextEncoder } from '@crossweave/text-encoder';
import {
  adamW,
  disposeState,
  jointModel,
  train,
  warmupCosine,
  type MomentumTeacher,
} from '@crossweave/trainer';
import { afterAll, describe, expect, it } from 'vitest';

const sizes = { batch: 4, image: 16, tokens: 6, vocabulary: 20, negatives: 1 };
const steps = 20;

/** Pictures with captions of varying length, and false captions; the same on every engine. */
const source: BatchSource = {
  batchSize: sizes.batch,
  batchesPerEpoch: 5,
  async *batches(epoch, from = 0) {
    for (let i = from; i < this.batchesPerEpoch; i++) {
      const drawn = foldIn(foldIn(key(5), epoch), i);
      const ids = Array.from({ length: sizes.batch }, (_, row) => `${epoch}-${i}-${row}`);
      const shape: [number, number, number, number] = [sizes.batch, sizes.image, sizes.image, 3];
      await Promise.resolve();
      yield {
        size: sizes.batch,
        ids,
        groups: ids,
        image: tensor4d(
          normalArray(foldIn(drawn, 'image'), sizes.batch * sizes.image ** 2 * 3),
          shape,
        ),
        text: captions(foldIn(drawn, 'text'), sizes.batch),
        negatives: captions(foldIn(drawn, 'negatives'), sizes.batch * sizes.negatives),
      };
    }
  },
};

function captions(drawn: ReturnType<typeof key>, rows: number) {
  const shape: [number, number] = [rows, sizes.tokens];
  const words = [...uniformArray(drawn, rows * sizes.tokens)].map((draw) =>
    Math.floor(1 + draw * (sizes.vocabulary - 1)),
  );
  const real = words.map((_, i) => (i % sizes.tokens < 3 + (i % 4) ? 1 : 0));
  return {
    input_ids: tensor2d(
      words.map((word, i) => word * real[i]!),
      shape,
      'int32',
    ),
    attention_mask: tensor2d(real, shape, 'int32'),
  };
}

const image = { layers: [1, 1], widths: [4, 8], imageSize: sizes.image };
const text = { vocabulary: sizes.vocabulary, dim: 8, layers: 1, heads: 2, maxPositions: 8 };

/** A whole model: convolutions, batch norm, max pooling; attention, dropout; each fusion its loss. */
const cases = {
  'dual-encoder': { options: { dim: 8 }, loss: 'info-nce' },
  'co-attention': {
    options: { dim: 8, layers: 1, heads: 2, hidden: 16 },
    loss: 'listwise-matching',
  },
} as const;
type Name = keyof typeof cases;
const names = Object.keys(cases) as Name[];

interface Given {
  readonly loss?: Loss<PooledFeatures>;
  readonly teacher?: MomentumTeacher;
  readonly log?: () => void;
}

async function lossCurve(engine: string, name: Name, given: Given = {}): Promise<number[]> {
  await useEngine(engine);
  const { options, loss } = cases[name];
  const { teacher } = given;
  const curve: number[] = [];
  const state = await train({
    model: jointModel({
      image: createImageEncoder('resnet', image),
      text: createTextEncoder('bert', text),
      fusion: createFusion(name, options),
    }),
    loss: given.loss ?? createLoss(loss),
    ...(teacher && { teacher }),
    optimizer: adamW({
      learningRate: { '': 1e-3 },
      clipNorm: 1,
      schedule: warmupCosine({ warmup: 4, steps }),
    }),
    data: source,
    steps,
    key: key(0),
    log: (record) => {
      if (record.kind === 'step') curve.push(record.loss);
      given.log?.();
    },
  });
  disposeState(state);
  return curve;
}

/** float32 sums in another order differ by 6e-8 each; 20 steps of training made 2e-6 of that. */
function expectSameCurve(got: readonly number[], expected: readonly number[]): void {
  expect(got).toHaveLength(steps);
  got.forEach((loss, step) => {
    const tolerance = 5e-5 * Math.abs(expected[step]!);
    expect(Math.abs(loss - expected[step]!), `step ${step + 1}`).toBeLessThan(tolerance);
  });
}

describe('the same model, seed and data give the same loss curve', () => {
  const reference = {} as Record<Name, number[]>;

  afterAll(() => useEngine('cpu'));

  it.each(names)('on onnx and cpu: %s', async (name) => {
    reference[name] = await lossCurve('cpu', name);
    expect(new Set(reference[name]).size, 'it moves').toBe(steps);
    expectSameCurve(await lossCurve('onnx', name), reference[name]);
  });

  it('on onnx and cpu with a momentum twin, whose graph does not change as its queue fills', async () => {
    const compiled: number[] = [];
    const given = {
      loss: momentumContrastive({ rampSteps: 5 }),
      // Batches of 4: full after the seventh step.
      teacher: { momentum: 0.9, queue: 26 },
    };
    const expected = await lossCurve('cpu', 'dual-encoder', given);
    const log = (): void => {
      const { numSessions } = backend().memory() as unknown as { numSessions: number };
      compiled.push(numSessions);
    };
    expectSameCurve(await lossCurve('onnx', 'dual-encoder', { ...given, log }), expected);
    expect(new Set(compiled.slice(2)).size, compiled.join()).toBe(1);
  });

  it.for(names)('on tensorflow: %s', async (name, { task, skip, onTestFinished }) => {
    const probe = await engines.find((engine) => engine.name === 'tensorflow')!.probe();
    const reason = probe.usable ? '' : `${probe.reason}. ${probe.advice}`;
    // `npm test` reads it from here.
    Object.assign(task.meta, { reason });
    skip(!probe.usable, reason);
    // An intermediate of tfjs-node's fused product outlives its kernel, which tfjs's check of
    // single kernels refuses; over the whole training nothing may stay.
    env().set('IS_TEST', false);
    onTestFinished(() => {
      env().set('IS_TEST', true);
    });
    const before = memory().numTensors;
    expectSameCurve(await lossCurve('tensorflow', name), reference[name]);
    expect(memory().numTensors).toBe(before);
  });
});
