import { relu, tidy, type Rank } from '@tensorflow/tfjs-core';
import { ConfigError, inference, key, normal } from '@crossweave/core';
import { linear } from '@crossweave/core/nn';
import { expectClose } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { activationNamed, initProjections, project, sidePaths } from './projections';

const specs = { image: { dim: 4 }, text: { dim: 3 } };

describe('projections', () => {
  it('are one layer a side, with the activation asked for', () =>
    tidy(() => {
      const params = initProjections(key(1), 'test', sidePaths('linear'), specs, 5);
      expect(Object.keys(params).sort()).toEqual([
        'linear0.bias',
        'linear0.weight',
        'linear1.bias',
        'linear1.weight',
      ]);
      const x = normal<Rank.R2>(key(2), [2, 4]);
      const plain = project(params, 'linear0', x, 0, inference);
      expectClose(plain, linear(params, 'linear0', x));
      expectClose(project(params, 'linear0', x, 0, inference, relu), relu(plain));
    }));

  it('drop out in training alone, other numbers at each path', () =>
    tidy(() => {
      const params = initProjections(key(1), 'test', sidePaths('linear'), specs, 40);
      const x = normal<Rank.R2>(key(2), [2, 4]);
      const zeros = (training: boolean, path = 'linear0') =>
        [...project(params, path, x, 0.5, { training, key: key(3) }).dataSync()].filter(
          (value) => value === 0,
        ).length;
      expect(zeros(false)).toBe(0);
      expect(zeros(true)).toBeGreaterThan(20);
    }));

  it('can be shared by sides of one width alone', () => {
    const paths = sidePaths('linear', true);
    tidy(() => {
      const params = initProjections(key(1), 'test', paths, { ...specs, text: { dim: 4 } }, 5);
      expect(Object.keys(params).sort()).toEqual(['linear0.bias', 'linear0.weight']);
    });
    expect(() => tidy(() => initProjections(key(1), 'test', paths, specs, 5))).toThrow(ConfigError);
  });
});

describe('activationNamed', () => {
  it('finds activations, and knows none', () =>
    tidy(() => {
      const x = normal(key(1), [4]);
      expect(activationNamed('none')).toBeUndefined();
      expectClose(activationNamed('relu')!(x), relu(x));
    }));
});
