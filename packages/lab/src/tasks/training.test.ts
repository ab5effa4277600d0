import { memory } from '@tensorflow/tfjs-core';
import { disposeParams, key, subtree, type Fusion, type PairRecord } from '@crossweave/core';
import { pairBatches } from '@crossweave/data';
import { adamW, cachedEncoder, disposeState, jointModel, train } from '@crossweave/trainer';
import { testOptions } from '@crossweave/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import fixture from '../../fixtures/metrics.json';
import type { FeatureCache } from '../features/encode-split';
import {
  describeMeasured,
  evaluateTask,
  taskOutputs,
  type EvaluateTaskOptions,
} from './evaluate-task';
import { taskHead, type HeadOptions } from './head';
import { jointWidth } from './joint-width';
import { createTask } from './registry';
import { taskFloors } from './task-floors';
import { signCache, signFusion, signSplit } from './task.testing';
import { headOfLoss, labelledPairs, requireLabelledPairs, taskLoss } from './task-loss';
import { fitTemperature } from './temperature';

let cache: FeatureCache;
beforeAll(async () => {
  cache = await signCache(24);
});

const task = createTask('classification').fit(['equal', 'different']);

async function trained(product: boolean, steps = 80) {
  const fusion = signFusion(product);
  const dim = jointWidth(fusion, cache.imageTable.spec, cache.textTable.spec);
  expect(dim).toBe(3);
  const state = await train({
    model: jointModel({
      image: cachedEncoder('image', cache.imageTable.spec),
      text: cachedEncoder('text', cache.textTable.spec),
      fusion,
    }),
    loss: taskLoss(task, { dim }),
    optimizer: adamW({ learningRate: { '': 0.1 } }),
    data: pairBatches(cache, { batchSize: 12, key: key(1) }),
    steps,
    key: key(2),
  });
  return {
    state,
    model: { fusion, params: {}, task, head: headOfLoss(subtree(state.params, 'loss.'), task) },
  };
}

describe('a task alone', () => {
  it('trains a fusion that joins both sides, and no other, and leaks nothing', async () => {
    const before = memory().numTensors;
    const { state, model } = await trained(true);
    expect(Object.keys(state.params).sort()).toEqual([
      'loss.head.norm.bias',
      'loss.head.norm.weight',
      'loss.head.out.bias',
      'loss.head.out.weight',
    ]);
    const { metrics, outcomes, chance, pairs, images, classes, confusions } = await evaluateTask(
      model,
      cache,
      { chunk: 5 },
    );
    expect(metrics['classification.accuracy']).toBe(1);
    expect([pairs, images]).toEqual([48, 24]);
    expect(outcomes['classification.accuracy']).toHaveLength(24);
    expect(chance['classification.accuracy']).toBe(0.5);
    expect(classes!.map(({ label, support }) => [label, support])).toEqual([
      ['different', 24],
      ['equal', 24],
    ]);
    expect(confusions).toEqual([]);
    disposeState(state);
    const other = await trained(false);
    const found = await evaluateTask(other.model, cache);
    expect(found.metrics['classification.accuracy']).toBeLessThan(0.8);
    disposeState(other.state);
    expect(memory().numTensors).toBe(before);
  });

  it('reads the same outputs whatever the chunk, divided by a temperature', async () => {
    const { state, model } = await trained(true, 2);
    const pairs = labelledPairs(cache.records);
    const all = await taskOutputs(model, cache, pairs);
    const chunked = await taskOutputs(model, cache, pairs, { chunk: 7 });
    expect(chunked).toHaveLength(all.length);
    // XLA may round otherwise for other shapes, and of three equal numbers the norm makes it 300 times more.
    chunked.forEach((value, i) => expect(value).toBeCloseTo(all[i]!, 4));
    const warm = await taskOutputs(model, cache, pairs, { temperature: 4 });
    warm.forEach((value, i) => {
      expect(value).toBeCloseTo(all[i]! / 4);
    });
    disposeState(state);
  });

  it('is measured with one side alone where the fusion accepts that, and refused elsewhere', async () => {
    const { state, model } = await trained(true, 2);
    await expect(evaluateTask(model, cache, { only: 'image' })).rejects.toThrow(
      /missing rows.*withMissingModality/,
    );
    const sides: (number[] | undefined)[][] = [];
    const fuse: Fusion['fuse'] = (params, image, text, ctx) => {
      sides.push([image, text].map(({ present }) => present && [...new Set(present.dataSync())]));
      return model.fusion.fuse(params, image, text, ctx);
    };
    const before = memory().numTensors;
    const half = { ...cache, records: cache.records.slice(0, 2) };
    const alone = { ...model, fusion: { ...model.fusion, takesMissing: true, fuse } };
    await evaluateTask(alone, half, { only: 'image', chunk: 4 });
    await evaluateTask(alone, half, { only: 'text', chunk: 4 });
    expect(memory().numTensors).toBe(before);
    expect(sides).toEqual([
      [undefined, [0]],
      [[0], undefined],
    ]);
    disposeState(state);
  });

  it('counts pairs with a label that the training split did not show', async () => {
    const { state, model } = await trained(true, 1);
    const records = cache.records.map((record, i) =>
      i === 0 ? { ...record, labels: record.labels!.map(() => 'similar') } : record,
    );
    const found = await evaluateTask(model, { ...cache, records });
    expect(found.unknown).toBe(3);
    expect(describeMeasured(found)).toBe(
      '49 labelled pairs of 24 images; 3 of them with a label that no training pair has, which no prediction can equal',
    );
    expect(describeMeasured({ pairs: 1, images: 1, unknown: 0 })).toBe(
      '1 labelled pair of 1 image',
    );
    disposeState(state);
  });

  it('knows labels by task', () => {
    const answering = createTask('answering').fit(['Yes', 'no', 'no']);
    expect(['yes', ' YES ', 'perhaps'].map((label) => answering.knows!(label))).toEqual([
      ...[true, true, false],
    ]);
    expect(answering.knows!(['perhaps', 'no'])).toBe(true);
    const several = createTask('multi-label').fit([['a'], ['b']]);
    expect([['a', 'b'], [], ['a', 'c']].map((label) => several.knows!(label))).toEqual([
      ...[true, true, false],
    ]);
    expect(createTask('regression').fit([1, 2]).knows).toBeUndefined();
  });

  it('says which split or batch has no labels', async () => {
    const unlabelled = signSplit(4).records.map(({ id, captions }): PairRecord => ({
      id,
      captions,
    }));
    expect(() => requireLabelledPairs('here', { name: 'test', records: unlabelled })).toThrow(
      /"test" has no labels.*columns: \{ label/,
    );
    const loss = taskLoss(task, { dim: 3 });
    const params = loss.init!(key(0));
    const batch = { size: 1, ids: ['a'], groups: ['a'], image: null, text: null };
    expect(() => loss.compute(params, {} as never, batch, { training: true, key: key(0) })).toThrow(
      /the batch has no labels/,
    );
    disposeParams(params);
    await expect(evaluateTask({} as never, { ...cache, records: unlabelled })).rejects.toThrow(
      /has no labels/,
    );
  });
});

describe('taskFloors', () => {
  it('know one side, or both without their interaction, and leak nothing', async () => {
    const before = memory().numTensors;
    const found = await taskFloors(task, cache, cache);
    expect(Object.keys(found)).toEqual(['majority', 'image-only', 'text-only', 'no-interaction']);
    for (const floor of Object.values(found)) {
      expect(floor.metrics['classification.accuracy']).toBeCloseTo(0.5);
      expect(floor.outcomes['classification.accuracy']).toHaveLength(24);
    }
    expect(memory().numTensors).toBe(before);
  });

  it('find what one side tells alone', async () => {
    const records = cache.records.map((record, row) => ({
      ...record,
      labels: ['word1', 'word0', ''].map((text) => (row % 2 === 0 ? `even ${text}` : 'odd')),
    }));
    const told = { ...cache, records };
    const labels = labelledPairs(records).map(({ label }) => label);
    const four = createTask('classification').fit(labels);
    const found = await taskFloors(four, told, told);
    const accuracy = (name: keyof typeof found): number =>
      found[name].metrics['classification.accuracy']!;
    expect(accuracy('majority')).toBeCloseTo(0.5);
    expect(accuracy('image-only')).toBeCloseTo(0.5 + 1 / 6);
    expect(accuracy('no-interaction')).toBe(1);
  });
});

describe('fitTemperature', () => {
  it.each(fixture.classes)('is SciPy’s minimum: $name', (given) => {
    const classes = given.logits[0]!.map((_, k) => `${k}`);
    const known = createTask('classification').restore({
      classes,
      shares: classes.map(() => 1 / classes.length),
    });
    const outputs = Float32Array.from(given.logits.flat());
    const labels = given.truth.map(String);
    expect(fitTemperature(known, outputs, labels)).toBeCloseTo(given.temperature, 2);
    const { metrics } = known.measure(outputs, labels);
    expect(metrics['classification.accuracy']).toBeCloseTo(given.accuracy);
    expect(metrics['classification.rocAuc']).toBeCloseTo(given.rocAuc);
    expect(metrics['classification.averagePrecision']).toBeCloseTo(given.averagePrecision);
  });

  it('does not make a model surer that is right about every label of a small split', () => {
    const known = createTask('classification').fit(['a', 'b']);
    const right = Float32Array.of(1, 0, 0, 1, 2, 1);
    expect(fitTemperature(known, right, ['a', 'b', 'a'])).toBe(1);
    // One mistake tells how sure to be.
    const one = fitTemperature(known, right, ['a', 'b', 'b']);
    expect(one).toBeGreaterThan(1);
    expect(one).toBeLessThan(20);
  });

  it('refuses numbers', () => {
    const numbers = createTask('regression').fit([1, 2]);
    expect(() => fitTemperature(numbers, Float32Array.of(1), [1])).toThrow(/no probabilities/);
  });
});

describe('multi-label figures', () => {
  it.each(fixture.multilabel)('are scikit-learn’s', (given) => {
    const classes = given.logits[0]!.map((_, k) => `${k}`);
    const known = createTask('multi-label').restore({ classes, shares: classes.map(() => 0.5) });
    const labels = given.truth.map((row) => classes.filter((_, k) => row[k] === 1));
    const { metrics } = known.measure(Float32Array.from(given.logits.flat()), labels);
    for (const [name, value] of Object.entries(given)) {
      if (typeof value !== 'number' || !(`multi-label.${name}` in known.best)) continue;
      expect(metrics[`multi-label.${name}`]).toBeCloseTo(value, 6);
    }
  });
});

testOptions(
  'taskLoss',
  (options: { dim: number }) => taskLoss(task, options),
  { describe, it },
  {
    required: { dim: 3 },
  },
);

const nothing = { fusion: signFusion(true), params: {}, task, head: {} };
for (const [name, run] of Object.entries({
  evaluateTask: (options: EvaluateTaskOptions) => evaluateTask(nothing, cache, options),
  taskOutputs: (options: EvaluateTaskOptions) => taskOutputs(nothing, cache, [], options),
  taskHead: (options: HeadOptions) => taskHead(2, options),
})) {
  testOptions(name, run, { describe, it });
}
