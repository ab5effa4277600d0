import { tidy, type Rank } from '@tensorflow/tfjs-core';
import { inference, key, normal } from '@crossweave/core';
import { linear, relu } from '@crossweave/core/nn';
import { expectClose } from '@crossweave/core/testing';
import { expect, it } from 'vitest';
import { initMlp, mlpBehindFirst } from './mlp';

const options = { hidden: [4, 5], activation: 'relu', dropout: 0 } as const;

it('runs the layers behind the first, an activation in front of each', () =>
  tidy(() => {
    const params = initMlp(key(1), 'm', [3, ...options.hidden, 2]);
    const first = linear(params, 'm.linears.0', normal<Rank.R2>(key(2), [2, 3]));
    const second = linear(params, 'm.linears.1', relu(first));
    const third = linear(params, 'm.linears.2', relu(second));
    expectClose(mlpBehindFirst(params, 'm', first, options, inference), third);
  }));

it('is its first layer alone where nothing lies between', () =>
  tidy(() => {
    const x = normal<Rank.R2>(key(2), [2, 3]);
    expect(mlpBehindFirst({}, 'm', x, { ...options, hidden: [] }, inference)).toBe(x);
  }));
