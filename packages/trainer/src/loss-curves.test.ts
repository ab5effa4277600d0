import { add, matMul, tensor, tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  key,
  parameter,
  type BatchSource,
  type Encoder,
  type Fusion,
  type Optimizer,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { normalize } from '@crossweave/core/nn';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/loss-curves.json';
import { embeddingContrast } from './embedded.testing';
import { jointModel } from './joint-model';
import { adafactor } from './optimizers/adafactor';
import { adam } from './optimizers/adam';
import { adamW } from './optimizers/adamw';
import { lamb } from './optimizers/lamb';
import { lion } from './optimizers/lion';
import { muon } from './optimizers/muon';
import { scheduleFreeAdamW } from './optimizers/schedule-free-adamw';
import { sgd } from './optimizers/sgd';
import { warmupConstant } from './schedules/warmup';
import { disposeState } from './state';
import { dotFusion, type VectorBatch } from './tiny.testing';
import { train } from './train';

/*
 * 50 losses of whole runs beside those of PyTorch: the model, its data and first parameters are those
 * of tooling/reference/loss_curves.py.
 */

const rows = 24;

const tower: Encoder<Tensor2D, PooledFeatures> = {
  name: 'linear',
  features: { dim: 3, tokens: 0 },
  init: () => ({ weight: tensor2d(new Float32Array(12), [4, 3]), bias: tensor([0, 0, 0]) }),
  apply: (params, x) => ({
    pooled: add(matMul<Tensor2D>(x, parameter(params, 'weight')), parameter(params, 'bias')),
  }),
};

const fusion: Fusion<PooledFeatures> = {
  ...dotFusion,
  init: () => ({}),
  embed: (_params, _side, { pooled }) => normalize(pooled),
};

function filled(shape: number[], formula: (i: number) => number): ReturnType<typeof tensor> {
  const size = shape.reduce((all, each) => all * each, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => formula(i)),
    shape,
  );
}

function start(): Params {
  const shapes = {
    'image.weight': [4, 3],
    'image.bias': [3],
    'text.weight': [4, 3],
    'text.bias': [3],
  };
  return Object.fromEntries(
    Object.entries(shapes).map(([path, shape], at) => [
      path,
      filled(shape, (i) => 0.5 * Math.cos(1.7 * (12 * at + i) + 0.3)),
    ]),
  );
}

const imageAt = (i: number): number => Math.sin(0.9 * i + 0.013 * i * i);
const textAt = (i: number): number => Math.sin(0.9 * i + 0.013 * i * i + 0.8) + 0.3 * Math.cos(i);

function source(size: number): BatchSource<VectorBatch> {
  const side = (first: number, formula: (i: number) => number): Tensor2D =>
    filled([size, 4], (i) => formula(4 * first + i)) as Tensor2D;
  return {
    batchSize: size,
    batchesPerEpoch: rows / size,
    async *batches(_epoch, from = 0) {
      for (let i = from; i < this.batchesPerEpoch; i++) {
        await Promise.resolve();
        const ids = Array.from({ length: size }, (_, j) => `row-${i * size + j}`);
        const [image, text] = [side(i * size, imageAt), side(i * size, textAt)];
        yield { ...{ size, ids, groups: ids }, image, text };
      }
    },
  };
}

async function curveOf(
  optimizer: Optimizer,
  { size = 12, ...extra }: { size?: number; accumulate?: number; chunk?: number } = {},
): Promise<number[]> {
  const losses: number[] = [];
  const initial = start();
  const state = await train({
    model: jointModel({ image: tower, text: tower, fusion }),
    ...{ loss: embeddingContrast, data: source(size), steps: 50, key: key(0), optimizer, initial },
    ...{ balance: false, ...extra },
    log: (record) => {
      if (record.kind === 'step') losses.push(record.loss);
    },
  });
  disposeState(state);
  return losses;
}

function expectCurve(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(50);
  found.forEach((loss, step) => {
    const distance = Math.abs(loss - expected[step]!);
    expect(distance, `step ${step + 1}`).toBeLessThanOrEqual(1e-4 * Math.abs(expected[step]!));
  });
}

const whole = { clipNorm: Infinity, weightDecay: 0.1 };
const all = (rate: number): { learningRate: Record<string, number> } => ({
  learningRate: { '': rate },
});
const optimizers: Readonly<Record<keyof typeof fixture.optimizers, Optimizer>> = {
  adam: adam({ ...all(0.01), ...whole }),
  adamw: adamW({ ...all(0.01), weightDecay: 0.1 }),
  sgd: sgd({ learningRate: 0.01, momentum: 0.9, clipNorm: 1 }),
  adafactor: adafactor({ learningRate: 0.02, weightDecay: 0.1 }),
  muon: muon({ ...all(0.01), ...whole, matrixRate: 0.02 }),
  lion: lion({ ...all(0.002), ...whole }),
  lamb: lamb({ ...all(0.01), ...whole }),
  scheduleFree: scheduleFreeAdamW({
    ...{ ...all(0.02), ...whole },
    schedule: warmupConstant({ warmup: 5 }),
  }),
};

describe('50 losses as in PyTorch', () => {
  it.each(Object.entries(optimizers))('by %s', async (name, optimizer) => {
    expectCurve(
      await curveOf(optimizer),
      fixture.optimizers[name as keyof typeof fixture.optimizers],
    );
  });

  it('of gradients accumulated over two batches', async () => {
    const found = await curveOf(optimizers.adamw, { size: 6, accumulate: 2 });
    expectCurve(found, fixture.accumulated);
  });

  it('of a cached contrast', async () => {
    expectCurve(await curveOf(optimizers.adamw, { chunk: 5 }), fixture.cached);
  });
});
