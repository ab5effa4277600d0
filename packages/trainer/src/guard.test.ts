import { matMul, memory, mul, ones, reshape, sum, type Tensor2D } from '@tensorflow/tfjs-core';
import { key, type Loss, type PooledFeatures } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { learningGuard } from './guard';
import { jointModel } from './joint-model';
import { adamW } from './optimizers/adamw';
import { warmupCosine } from './schedules/warmup';
import type { TrainOptions } from './options';
import type { TrainRecord } from './records';
import { disposeState } from './state';
import { contrastive, dotFusion, linearEncoder, vectorSource } from './tiny.testing';
import { train } from './train';

const step = (
  number: number,
  terms: Record<string, number> = {},
  gradientNorm = 1,
): Extract<TrainRecord, { kind: 'step' }> => ({
  kind: 'step',
  ...{ step: number, epoch: 0, loss: 0, terms, gradientNorm },
  ...{ learningRates: {}, seconds: 0, dataSeconds: 0 },
});

describe('learningGuard', () => {
  it('speaks of the first batch without negatives, once', () => {
    const guard = learningGuard();
    const warning = guard(step(1, { negatives: 0 }));
    expect(warning).toMatchObject({ kind: 'warning', step: 1, epoch: 0 });
    expect(warning!.message).toMatch(/the loss has no negative in the first batch/);
    for (let i = 2; i < 40; i++) expect(guard(step(i, { negatives: 0 }))).toBeUndefined();
  });

  it('speaks of ten batches in a row, counted anew after one that teaches', () => {
    const guard = learningGuard();
    const heard = Array.from({ length: 30 }, (_, i) =>
      guard(step(i + 1, { negatives: i === 0 || i === 9 ? 3 : 0 })),
    );
    const spoken = heard.flatMap((warning, i) => (warning ? [[i + 1, warning.message]] : []));
    expect(spoken).toHaveLength(1);
    expect(spoken[0]![0]).toBe(20);
    expect(spoken[0]![1]).toMatch(/in the last 10 batches/);
  });

  it('names the parts of a sum that have none', () => {
    const terms = { 'info-nce.negatives': 0, 'matching.negatives': 2, 'siglip.negatives': 0 };
    expect(learningGuard()(step(1, terms))!.message).toMatch(
      /^info-nce and siglip has no negative/,
    );
  });

  it('speaks of gradients that are zero, and of nothing else', () => {
    expect(learningGuard()(step(1, {}, 0))!.message).toMatch(/gradients are zero for the first/);
    expect(learningGuard()(step(1, { negatives: 1e-3, accuracy: 0 }, 1e-20))).toBeUndefined();
  });
});

it('speaks of rates that are all zero, and not of one that is', () => {
  const at = (rates: Record<string, number>) =>
    learningGuard()({ ...step(1), learningRates: rates })?.message;
  expect(at({ image: 0, text: 0 })).toMatch(/all learning rates are 0 for the first batch/);
  expect(at({ image: 0, text: 1e-9 })).toBeUndefined();
});

it('says that the schedule ended before the run', async () => {
  const messages: string[] = [];
  const optimizer = adamW({ schedule: warmupCosine({ warmup: 0, steps: 2 }) });
  const model = jointModel({
    image: linearEncoder('image', 3),
    text: linearEncoder('text', 3),
    fusion: dotFusion,
  });
  const log = (record: TrainRecord): void => {
    if (record.kind === 'warning') messages.push(`${record.step}: ${record.message}`);
  };
  const options = { model, loss: contrastive, optimizer, data: vectorSource(8), key: key(1), log };
  disposeState(await train({ ...options, steps: 12 }));
  expect(messages).toEqual([
    expect.stringMatching(/^12: all learning rates are 0 for the last 10/),
  ]);
});

/** The mean product of pairs, with a count of negatives by captions as the losses give it. */
const counting: Loss<PooledFeatures> = {
  name: 'counting',
  compute: (_params, outputs, batch, ctx) => {
    const { total } = contrastive.compute({ bias: ones([]) }, outputs, batch, ctx);
    const rows = new Set(batch.captions).size - 1;
    return { total, terms: { negatives: mul(sum(ones([rows, 1])), 1) } };
  },
};

function options(
  extra: Partial<TrainOptions<Tensor2D, Tensor2D>>,
): TrainOptions<Tensor2D, Tensor2D> {
  const tower = linearEncoder('linear', 3);
  return {
    model: jointModel({ image: tower, text: tower, fusion: dotFusion }),
    ...{ loss: contrastive, optimizer: adamW(), data: vectorSource(8), steps: 3, key: key(1) },
    ...extra,
  };
}

async function warnings(extra: Partial<TrainOptions<Tensor2D, Tensor2D>>): Promise<string[]> {
  const found: string[] = [];
  const log = (record: TrainRecord): void => {
    if (record.kind === 'warning') found.push(`${record.step}: ${record.message}`);
  };
  disposeState(await train(options({ ...extra, log })));
  return found;
}

describe('train', () => {
  const source = vectorSource(8);
  const captioned = (captions: string[]) => ({
    ...source,
    async *batches(epoch: number, from?: number) {
      for await (const batch of source.batches(epoch, from)) yield { ...batch, captions };
    },
  });

  it('warns where one caption is all there is, and not where there are others', async () => {
    const one = await warnings({ loss: counting, data: captioned(['x', 'x', 'x', 'x']) });
    expect(one).toEqual([expect.stringMatching(/^1: the loss has no negative in the first batch/)]);
    expect(await warnings({ loss: counting, data: captioned(['x', 'y', 'x', 'y']) })).toEqual([]);
  });

  it('warns where nothing that is trained changes the loss', async () => {
    const deaf: Loss<PooledFeatures> = {
      name: 'deaf',
      compute: (_params, { image }) => {
        const square = matMul<Tensor2D>(image.pooled, image.pooled, false, true);
        return { total: mul(sum(reshape(square, [-1])), 0), terms: {} };
      },
    };
    expect(await warnings({ loss: deaf })).toEqual([
      expect.stringMatching(/^1: all gradients are zero/),
    ]);
    expect(await warnings({})).toEqual([]);
  });

  it('refuses to begin where everything is frozen', async () => {
    const before = memory().numTensors;
    await expect(train(options({ frozen: () => true }))).rejects.toThrow(
      /nothing is left to train/,
    );
    expect(memory().numTensors).toBe(before);
  });
});
