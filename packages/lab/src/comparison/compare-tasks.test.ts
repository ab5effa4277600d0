import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory } from '@tensorflow/tfjs-core';
import { loadSafetensors } from '@crossweave/checkpoints/node';
import {
  ConfigError,
  DataError,
  disposeParams,
  key,
  type Fusion,
  type Params,
} from '@crossweave/core';
import type { Sampling } from '@crossweave/data';
import { adamW } from '@crossweave/trainer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeSplit } from '../features/encode-split';
import { verdict } from '../report/verdict';
import { evaluateTask } from '../tasks/evaluate-task';
import { jointWidth } from '../tasks/joint-width';
import { createTask } from '../tasks/registry';
import { sampledPrior } from '../tasks/sampled-prior';
import { signFusion, signSplit } from '../tasks/task.testing';
import { labelledPairs, taskLoss } from '../tasks/task-loss';
import { imageEncoder, textEncoder } from '../tiny.testing';
import { checkComparison } from './checks';
import { compareFusions } from './compare-fusions';
import { armOf, tinyComparison, type TinyOptions } from './tiny-comparison.testing';

let out: string;
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'tasks-'));
});
afterEach(async () => {
  await rm(out, { recursive: true });
});

const split = signSplit(24);
const task = createTask('classification').fit(
  labelledPairs(split.records).map(({ label }) => label),
);

/** Towers that are trained without the task, an arm that can solve it and one that cannot. */
function comparison(extra: Partial<TinyOptions> = {}): TinyOptions {
  const arm = (name: string, fusion: Fusion) =>
    armOf(name, fusion, {
      loss: taskLoss(task, {
        dim: jointWidth(fusion, imageEncoder.features, textEncoder.features),
      }),
      optimizer: adamW({ learningRate: { '': 0.1 } }),
      steps: 80,
      batchSize: 12,
      negatives: 0,
    });
  const { options } = tinyComparison(out);
  return {
    ...options,
    data: { train: split, test: split, fingerprint: 'signs' },
    task,
    arms: [arm('product', signFusion(true)), arm('sum', signFusion(false))],
    recipe: { towers: {}, arms: { product: {}, sum: {} } },
    seeds: [1, 2, 3],
    ...extra,
  };
}

describe('comparing fusions on a task', () => {
  it('measures the task, against floors of the task, and says what is not above them', async () => {
    const before = memory().numTensors;
    const end = await compareFusions(comparison());
    if (end.interrupted) throw new Error('interrupted');
    const { arms, baselines, notes } = end.results;
    const means = arms.map(({ summary }) => summary['classification.accuracy']!.mean);
    expect(means[0]).toBe(1);
    expect(means[1]).toBeLessThan(0.8);
    expect(arms[0]!.params).toBe(14);
    expect(baselines.map(({ name }) => name)).toEqual([
      ...['majority', 'image-only', 'text-only', 'no-interaction'],
    ]);
    expect(notes).toContain('Measured on 48 labelled pairs of 24 images.');
    const said = verdict(end.results).join('\n');
    expect(said).toMatch(/Classification, accuracy: product .*100\.0/);
    expect(said).toMatch(/The best floor is .*: that sum joins image and text .* is not shown/);
    expect(existsSync(join(out, 'trials/product-seed1/head.safetensors'))).toBe(true);
    expect(memory().numTensors).toBe(before);
  });

  it('corrects arms that learned from sampled classes, says so, and tells them from others', async () => {
    // Three times as many pairs are different as equal.
    const rare = split.records.map((record, row) => ({
      ...record,
      labels: record.labels!.map((label) => (label === 'equal' && row % 3 > 0 ? undefined : label)),
    }));
    const data = { train: { ...split, records: rare }, test: split, fingerprint: 'rare' };
    const skewed = createTask('classification').fit(labelledPairs(rare).map(({ label }) => label));
    const fusion = signFusion(false);
    const arm = (name: string, sampling?: Sampling) =>
      armOf(name, fusion, {
        ...comparison().arms[1]!.training,
        loss: taskLoss(skewed, {
          dim: jointWidth(fusion, imageEncoder.features, textEncoder.features),
        }),
        steps: 20,
        sampling,
      });
    const given = comparison({
      ...{ data, task: skewed, seeds: [1] },
      arms: [arm('plain'), arm('sampled', 'balanced')],
      recipe: { towers: {}, arms: { plain: {}, sampled: { sampling: 'balanced' } } },
    });
    const end = await compareFusions(given);
    if (end.interrupted) throw new Error('interrupted');
    expect(end.results.notes.join()).toMatch(/drawn by their labels \(balanced\).*: sampled\./);
    const cache = await encodeSplit({
      split,
      image: { encoder: imageEncoder, params: imageEncoder.init(key(0)) },
      text: { encoder: textEncoder, params: {} },
    });
    const heads: Record<string, Params> = {};
    const lossOf = async (name: string, shift?: readonly number[]): Promise<number> => {
      heads[name] ??= await loadSafetensors(join(out, `trials/${name}-seed1/head.safetensors`));
      const model = { fusion, params: {}, task: skewed, head: heads[name] };
      const { metrics } = await evaluateTask(model, cache, { ...(shift && { shift }) });
      return metrics['classification.logLoss']!;
    };
    const measured = end.results.arms.map(({ summary }) => summary['classification.logLoss']!.mean);
    expect(await lossOf('plain')).toBeCloseTo(measured[0]!, 5);
    const [raw, corrected] = [
      await lossOf('sampled'),
      await lossOf('sampled', sampledPrior(skewed, 'balanced')),
    ];
    expect(measured[1]).toBeCloseTo(corrected, 5);
    expect(Math.abs(raw - corrected)).toBeGreaterThan(0.05);
    // Its batches were others.
    expect(heads['sampled']!['out.bias']!.dataSync()).not.toEqual(
      heads['plain']!['out.bias']!.dataSync(),
    );
    Object.values(heads).forEach(disposeParams);
  });

  it('refuses to draw what the task takes for one class as two', () => {
    const answers = ['Yes', 'yes', 'no'];
    const given = split.records.map((record, row) => ({
      ...record,
      labels: record.labels!.map(() => answers[row % 3]),
    }));
    const asked = createTask('answering').fit(labelledPairs(given).map(({ label }) => label));
    const [first] = comparison().arms;
    const drawn = (sampling: Sampling) => {
      const loss = taskLoss(asked, { dim: 3 });
      const arms = [{ ...first!, training: { ...first!.training, loss, sampling } }];
      const train = { ...split, records: given };
      const data = { train, test: train, fingerprint: 'spelled' };
      const recipe = { towers: {}, arms: { product: {} } };
      return () => {
        checkComparison(comparison({ data, task: asked, arms, recipe }));
      };
    };
    expect(drawn('balanced')).toThrow(/"Yes" and "yes"/);
    expect(drawn('none')).not.toThrow();
  });

  it('refuses to sample classes where there are none', async () => {
    const numbers = createTask('regression').fit([1, 2]);
    const [first] = comparison().arms;
    const sampled = { ...first!, training: { ...first!.training, sampling: 'balanced' as const } };
    const arms = { arms: [sampled], recipe: { towers: {}, arms: { product: {} } } };
    await expect(compareFusions(comparison({ ...arms, task: numbers }))).rejects.toThrow(
      /"regression" cannot be trained on sampled classes/,
    );
    const { options } = tinyComparison(out);
    const untold = { ...options.towers, sampling: 'balanced' as const };
    await expect(compareFusions({ ...options, towers: untold })).rejects.toThrow(
      /no classes to be sampled without a task/,
    );
  });

  it('refuses arms without the task, splits without labels, and names of floors', async () => {
    const { arms, data } = comparison();
    const without = arms.map((arm) => ({ ...arm, training: { ...arm.training, loss: plain } }));
    await expect(compareFusions(comparison({ arms: without }))).rejects.toThrow(ConfigError);
    await expect(compareFusions(comparison({ arms: without }))).rejects.toThrow(
      /"product".*does not train the task "classification"/,
    );
    const records = split.records.map(({ id, captions }) => ({ id, captions }));
    const test = { ...split, name: 'test', records };
    const unlabelled = comparison({ data: { ...data, test } });
    await expect(compareFusions(unlabelled)).rejects.toThrow(DataError);
    await expect(compareFusions(unlabelled)).rejects.toThrow(/"test" has no labels/);
    const named = arms.map((arm, i) => (i === 0 ? { ...arm, name: 'majority' } : arm));
    const recipe = { towers: {}, arms: { majority: {}, sum: {} } };
    await expect(compareFusions(comparison({ arms: named, recipe }))).rejects.toThrow(/majority/);
  });
});

const plain = tinyComparison('.').options.towers.loss;
