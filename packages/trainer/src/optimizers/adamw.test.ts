import { memory, ones, profile } from '@tensorflow/tfjs-core';
import { ConfigError, mapParams } from '@crossweave/core';
import { testOptimizer } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import fixture from '../../fixtures/optim.json';
import { warmupCosine } from '../schedules/warmup';
import { adamW } from './adamw';
import { expectReference, tree } from './reference.testing';

testOptimizer(() => adamW({ learningRate: 0.05 }), { describe, it });

describe('adamW', () => {
  it('equals PyTorch with clipping, groups, decay and a schedule', () => {
    const schedule = warmupCosine({ warmup: 2, steps: 6 });
    expectReference(
      adamW({ learningRate: fixture.rates, weightDecay: 0.1, schedule }),
      fixture.adamw,
    );
  });

  it('equals PyTorch without clipping, with other betas and epsilon', () => {
    const options = { betas: [0.8, 0.98] as const, epsilon: 1e-6, clipNorm: Infinity };
    expectReference(
      adamW({ learningRate: fixture.rates, weightDecay: 0.1, ...options }),
      fixture.adamwUnclipped,
    );
  });

  it('leaves parameters without a gradient as they are, moments included', () => {
    const optimizer = adamW({ learningRate: 0.1 });
    const params = tree(fixture.adamw.start);
    const state = optimizer.init(params);
    const path = 'text.linear.weight';
    const gradients = { [path]: params[path]! };
    const next = optimizer.update(gradients, state, params, 0);
    for (const other of Object.keys(params).filter((name) => name !== path)) {
      expect(next.params[other]).toBe(params[other]);
      expect(next.state[`exp_avg.${other}`]).toBe(state[`exp_avg.${other}`]);
    }
    expect(next.params[path]).not.toBe(params[path]);
  });

  it('holds only its results', () => {
    const optimizer = adamW({ learningRate: 0.1 });
    const params = tree(fixture.adamw.start);
    const state = optimizer.init(params);
    const gradients = mapParams(params, (value) => value.clone());
    const before = memory().numTensors;
    const next = optimizer.update(gradients, state, params, 0);
    const made = Object.keys(next.params).length + Object.keys(next.state).length + 1;
    expect(memory().numTensors - before).toBe(made);
  });

  it('refuses figures out of range and names them', () => {
    for (const learningRate of [Number.NaN, -1e-3, Infinity]) {
      expect(() => adamW({ learningRate })).toThrow(/learningRate/);
      expect(() => adamW({ learningRate: { image: learningRate } })).toThrow(/image/);
    }
    expect(() => adamW({ betas: [1, 0.9] })).toThrow(ConfigError);
    expect(() => adamW({ betas: [0.9, Number.NaN] })).toThrow(ConfigError);
    expect(() => adamW({ epsilon: 0 })).toThrow(ConfigError);
    expect(() => adamW({ weightDecay: -1 })).toThrow(ConfigError);
    expect(() => adamW({ clipNorm: 0 })).toThrow(ConfigError);
    expect(() => adamW({ clipNorm: Number.NaN })).toThrow(ConfigError);
  });

  it('refuses a parameter no rate is given for, and a schedule that gives NaN', () => {
    const params = tree(fixture.adamw.start);
    const other = {
      ...params,
      'decoder.weight': params['image.weight'] ?? Object.values(params)[0]!,
    };
    expect(() => adamW({ learningRate: { image: 1 } }).init(other)).toThrow(/decoder\.weight/);
    const optimizer = adamW({ learningRate: 1, schedule: () => Number.NaN });
    expect(() => optimizer.learningRates(3)).toThrow(/step 3/);
  });

  it('keeps the default rates of the parts that are not named', () => {
    const rates = (learningRate: Record<string, number>) =>
      adamW({ learningRate }).learningRates(0);
    expect(rates({ image: 1 })).toEqual({ ...adamW().learningRates(0), image: 1 });
    expect(rates({ 'text.encoder': 1 })).toMatchObject({ 'text.encoder': 1, text: 2e-5 });
    expect(rates({ '': 1 })).toEqual({ '': 1 });
  });

  it('refuses a rate that no trained parameter has, and names the nearest', () => {
    const params = tree(fixture.adamw.start);
    const start = (learningRate: Record<string, number>) => () =>
      adamW({ learningRate }).init(params);
    expect(start({ images: 1 })).toThrow(/learningRate\["images"\].*Did you mean "image"\?/s);
    expect(start({ 'text.linaer': 1 })).toThrow(/Did you mean "text\.linear"\?/);
    expect(start({ text: 1, 'text.linear': 1, 'text.linear.weight': 1 })).toThrow(
      /Longer prefixes/,
    );
    // A part that is frozen, or a loss without parameters, is no slip.
    expect(() => adamW({ learningRate: { fusion: 1, loss: 1 } }).init({})).not.toThrow();
  });

  it('makes 15 passes over a matrix, two of them for the norm', async () => {
    const passes = async (count: number): Promise<number> => {
      const params = Object.fromEntries(
        Array.from({ length: count }, (_, i) => [`image.${i}`, ones([2, 3])]),
      );
      const optimizer = adamW({ learningRate: 0.1 });
      const state = optimizer.init(params);
      const { kernels } = await profile(() => {
        optimizer.update(params, state, params, 0);
      });
      return kernels.length;
    };
    expect((await passes(5)) - (await passes(4))).toBe(15);
  });

  it('has the documented default rates', () => {
    expect(adamW().learningRates(0)).toEqual({
      image: 1e-3,
      text: 2e-5,
      fusion: 1e-3,
      loss: 1e-3,
    });
  });
});
