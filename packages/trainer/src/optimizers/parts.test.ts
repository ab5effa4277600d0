import { memory, onesLike, scalar, tensor2d } from '@tensorflow/tfjs-core';
import { ConfigError, disposeParams, type Optimizer, type Params } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import type { Schedule } from '../schedules/schedule';
import { constant, warmupConstant } from '../schedules/warmup';
import { startingAt } from '../schedules/starting-at';
import { adafactor } from './adafactor';
import { adam } from './adam';
import { adamW } from './adamw';
import { chain } from './chain';
import { lamb } from './lamb';
import { lion } from './lion';
import { muon } from './muon';
import { optimizerOf } from './optimizer-of';
import { adaptiveClip } from './parts/adaptive-clip';
import { clipByGlobalNorm } from './parts/clip-by-global-norm';
import { decoupledWeightDecay } from './parts/decoupled-weight-decay';
import { scaleByAdam } from './parts/scale-by-adam';
import { scaleByFactoredRms } from './parts/scale-by-factored-rms';
import { scaleByLion } from './parts/scale-by-lion';
import { scaleByMomentum } from './parts/scale-by-momentum';
import { scaleByMuon } from './parts/scale-by-muon';
import { scaleByParameterRms } from './parts/scale-by-parameter-rms';
import { scaleBySchedule } from './parts/scale-by-schedule';
import { partitionBy } from './partition-by';
import { scheduleFreeAdamW } from './schedule-free-adamw';

const runner = { describe, it };
const some: Params = { 'image.weight': scalar(1), 'image.matrix': tensor2d([[1, 2]]) };
const whole = { adam, lamb, lion, adafactor, muon, scheduleFreeAdamW };
for (const [name, create] of Object.entries(whole)) {
  testOptions(name, (options: never) => create(options).init(some), runner);
}
testOptions('clipByGlobalNorm', clipByGlobalNorm, runner, { required: { maxNorm: 1 } });
testOptions('adaptiveClip', adaptiveClip, runner);
testOptions('decoupledWeightDecay', decoupledWeightDecay, runner, { required: { weightDecay: 1 } });
testOptions('scaleByAdam', scaleByAdam, runner);
testOptions('scaleByLion', scaleByLion, runner);
testOptions('scaleByMomentum', scaleByMomentum, runner, { required: { momentum: 0.5 } });
testOptions('scaleByMuon', scaleByMuon, runner);
testOptions('scaleByFactoredRms', scaleByFactoredRms, runner);
testOptions('scaleByParameterRms', scaleByParameterRms, runner, { required: { epsilon: 1 } });
testOptions('scaleBySchedule', (options: never) => scaleBySchedule(options).init!(some), runner, {
  required: { learningRate: 1 },
});

/** The parameters after one step on gradients of 1, as plain numbers. */
function oneStep(optimizer: Optimizer, params: Params, step = 0): Record<string, number[]> {
  const gradients: Params = Object.fromEntries(
    Object.entries(params).map(([path, value]) => [path, onesLike(value)]),
  );
  const state = optimizer.init(params);
  const next = optimizer.update(gradients, state, params, step);
  const found = Object.fromEntries(
    Object.entries(next.params).map(([path, value]) => [path, [...value.dataSync()]]),
  );
  [gradients, state, next.params, next.state].forEach(disposeParams);
  next.gradientNorm.dispose();
  return found;
}

describe('partitionBy', () => {
  const rate = (learningRate: number) => scaleBySchedule({ learningRate });
  const parts = { big: rate(0.5), small: chain(scaleByMomentum({ momentum: 0.5 }), rate(0.25)) };
  const create = (): Optimizer =>
    optimizerOf(
      'two',
      partitionBy((_, { rank }) => (rank > 1 ? 'big' : 'small'), parts),
    );

  it('gives each group its part, its state and its rates', () => {
    const before = memory().numTensors;
    expect(oneStep(create(), some)).toEqual({ 'image.weight': [0.75], 'image.matrix': [0.5, 1.5] });
    const state = create().init(some);
    expect(Object.keys(state)).toEqual(['small/momentum_buffer.image.weight']);
    disposeParams(state);
    expect(create().learningRates(0)).toEqual({ big: 0.5, small: 0.25 });
    expect(memory().numTensors).toBe(before);
  });

  it('refuses a group without a part', () => {
    const wrong = partitionBy(() => 'other', parts);
    expect(() => wrong.init!(some)).toThrow(/group "other" of "image\.weight".*big, small/s);
  });
});

describe('chain', () => {
  it('refuses two parts that keep the same entry', () => {
    const twice = chain(scaleByAdam(), scaleByLion());
    expect(() => twice.init!(some)).toThrow(/two parts keep "exp_avg\./);
    expect(() => chain()).toThrow(ConfigError);
    expect(() => chain({} as never)).toThrow(/a part of an optimizer/);
  });

  it('decays the parameters that the mask names, by the rate', () => {
    const optimizer = optimizerOf(
      'decay alone',
      chain(
        decoupledWeightDecay({ weightDecay: 0.5, decays: (path) => path === 'image.weight' }),
        scaleBySchedule({ learningRate: 0.5 }),
      ),
    );
    // 1 − 0.5 · (1 + 0.5 · 1) and, without decay, 1 − 0.5.
    expect(oneStep(optimizer, some)).toMatchObject({ 'image.weight': [0.25] });
    expect(oneStep(optimizer, some)['image.matrix']).toEqual([0.5, 1.5]);
  });
});

describe('schedules by prefix', () => {
  const later = startingAt(5, constant());
  const params: Params = { 'image.a.w': scalar(1), 'image.b.w': scalar(1), 'text.w': scalar(1) };

  it('multiply the rates of what they cover, the longest prefix alone', () => {
    const optimizer = adamW({
      learningRate: { image: 1, text: 2 },
      schedule: { '': () => 0.5, 'image.b': later },
    });
    const rates = { fusion: 5e-4, loss: 5e-4 };
    expect(optimizer.learningRates(0)).toEqual({ ...rates, image: 0.5, text: 1, 'image.b': 0 });
    expect(optimizer.learningRates(5)).toEqual({ ...rates, image: 0.5, text: 1, 'image.b': 1 });
    const options = { learningRate: 1, schedule: { 'image.b': later } } as const;
    const moved = oneStep(optimizerOf('plain', scaleBySchedule(options)), params);
    expect(moved).toEqual({ 'image.a.w': [0], 'image.b.w': [1], 'text.w': [0] });
  });

  it('that cover nothing, or give no number, are refused', () => {
    const of = (schedule: Record<string, Schedule>): Optimizer => adamW({ schedule });
    expect(() => of({ 'image.c': constant() }).init(params)).toThrow(/schedule\["image\.c"\]/);
    expect(() => of({ image: () => Number.NaN }).learningRates(7)).toThrow(
      /schedule\["image"\]\(step 7\)/,
    );
  });
});

it('muon gives matrices without embeddings to the iteration, and the rest to Adam', () => {
  const params: Params = {
    'text.embeddings.weight': tensor2d([[1, 2]]),
    'text.layer.weight': tensor2d([[1, 2]]),
    'text.layer.bias': scalar(1),
  };
  const state = muon().init(params);
  const kept = Object.keys(state).filter((name) => /momentum|exp_avg\./.test(name));
  expect(kept.sort()).toEqual([
    'matrices/momentum_buffer.text.layer.weight',
    'others/exp_avg.text.embeddings.weight',
    'others/exp_avg.text.layer.bias',
  ]);
  expect(() => scaleByMuon().init!(params)).toThrow(/"text\.layer\.bias" is no matrix/);
  [state, params].forEach(disposeParams);
});

it('schedule-free AdamW stands still while its rate is 0', () => {
  const optimizer = scheduleFreeAdamW({ learningRate: { '': 1 }, schedule: () => 0 });
  expect(oneStep(optimizer, some)).toEqual({ 'image.weight': [1], 'image.matrix': [1, 2] });
  expect(() => scheduleFreeAdamW({ betas: [0, 0.9] })).toThrow(/betas\[0\]/);
  expect(warmupConstant({ warmup: 2 })(0)).toBe(0.5);
});
