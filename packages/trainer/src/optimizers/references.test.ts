import { memory, tensor, type Tensor } from '@tensorflow/tfjs-core';
import { disposeParams, type Optimizer, type Params } from '@crossweave/core';
import { testOptimizer } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import fixture from '../../fixtures/optimizers.json';
import { warmupConstant, warmupLinear } from '../schedules/warmup';
import { adafactor } from './adafactor';
import { adam } from './adam';
import { adamW } from './adamw';
import { chain } from './chain';
import { lamb } from './lamb';
import { lion } from './lion';
import { muon } from './muon';
import { optimizerOf } from './optimizer-of';
import { adaptiveClip } from './parts/adaptive-clip';
import { scaleBySchedule } from './parts/scale-by-schedule';
import { scheduleFreeAdamW } from './schedule-free-adamw';
import { sgd } from './sgd';

type Seen = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;

/** A tree of the fixture's shapes; `formula` gets the place of a number in the whole tree. */
function tree(formula: (place: number, path: string) => number): Params {
  let place = 0;
  return Object.fromEntries(
    Object.entries(fixture.shapes).map(([path, shape]) => {
      const size = shape.reduce((all, each) => all * each, 1);
      const values = Array.from({ length: size }, () => formula(place++, path));
      return [path, tensor(values, shape)];
    }),
  );
}

const start = (): Params => tree((place) => Math.cos(1.7 * place + 0.3));
const gradientsAt = (step: number): Params =>
  tree(
    (place, path) =>
      (1.5 + Math.sin(0.21 * (step + 1))) *
      Math.sin(0.37 * (place + 1) * (step + 1) + 0.5) *
      (path.startsWith('text') ? 0.02 : 1),
  );

function expectNear(actual: Tensor, expected: readonly number[], rtol: number, name: string): void {
  actual.dataSync().forEach((value, i) => {
    const distance = Math.abs(value - expected[i]!);
    expect(distance, `${name}[${i}]`).toBeLessThanOrEqual(rtol * (Math.abs(expected[i]!) + 0.01));
  });
}

/** Runs 100 steps and compares the parameters where the fixture has some. */
function expectHundredSteps(optimizer: Optimizer, seen: Seen, rtol: number): void {
  let params = start();
  let state = optimizer.init(params);
  for (let step = 0; step < 100; step++) {
    const gradients = gradientsAt(step);
    const next = optimizer.update(gradients, state, params, step);
    [gradients, params, state].forEach(disposeParams);
    next.gradientNorm.dispose();
    ({ params, state } = next);
    // Read at each step, so that an engine that compiles gets one small graph and not 100 steps in one.
    Object.values(params)[0]!.dataSync();
    for (const [name, expected] of Object.entries(seen[step + 1] ?? {})) {
      const [kind, path] = /^([xy])\.(.*)$/.exec(name)?.slice(1) ?? ['y', name];
      const found = kind === 'x' ? optimizer.evaluated!(params, state) : {};
      expectNear((kind === 'x' ? found : params)[path!]!, expected, rtol, `${step + 1}: ${name}`);
      disposeParams(found);
    }
  }
  [params, state].forEach(disposeParams);
}

const whole = { clipNorm: Infinity, weightDecay: 0.1 };
const all = (rate: number): { learningRate: Record<string, number> } => ({
  learningRate: { '': rate },
});

const cases: readonly (readonly [name: keyof typeof fixture.optimizers, Optimizer])[] = [
  ['adam', adam({ ...all(0.01), ...whole })],
  ['adamw', adamW({ ...all(0.01), weightDecay: 0.1 })],
  ['sgd', sgd({ learningRate: 0.01, momentum: 0.9, clipNorm: 1 })],
  ['adafactor', adafactor({ learningRate: 0.02, weightDecay: 0.1 })],
  ['muon', muon({ ...all(0.01), ...whole, matrixRate: 0.02 })],
  ['lion', lion({ ...all(0.002), ...whole })],
  ['lamb', lamb({ ...all(0.01), ...whole })],
  ['adaptiveClip', optimizerOf('adaptive', chain(adaptiveClip(), scaleBySchedule(all(0.05))))],
  [
    'scheduleFree',
    scheduleFreeAdamW({ ...all(0.02), ...whole, schedule: warmupConstant({ warmup: 5 }) }),
  ],
];

describe('100 steps as the reference', () => {
  it.each(cases)('%s', (name, optimizer) => {
    const before = memory().numTensors;
    expectHundredSteps(optimizer, fixture.optimizers[name], 1e-4);
    expect(memory().numTensors).toBe(before);
  });
});

const runner = { describe, it };
testOptimizer(() => adam({ learningRate: 0.05 }), runner);
testOptimizer(() => lion({ learningRate: 0.01 }), runner);
testOptimizer(() => lamb({ learningRate: 0.05 }), runner);
testOptimizer(() => adafactor({ learningRate: 0.05 }), runner);
// Its steps do not shrink with the gradient, so the rate must.
const falling = warmupLinear({ warmup: 0, steps: 300 });
testOptimizer(() => muon({ ...all(0.05), matrixRate: 0.05, schedule: falling }), runner);
testOptimizer(() => scheduleFreeAdamW({ learningRate: 0.1 }), runner);
