import { grad, memory, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { key, normal } from '../keys';
import { assertGradientsMatch } from '../testing/finite-differences';
import { expectFixture, loadFixture } from '../testing/fixtures';
import { weighedSum } from '../testing/gradients';
import { activations, gelu, geluTanh, quickGelu } from './activations';

const fixture = loadFixture(new URL('../../fixtures/nn.json', import.meta.url));
const names = { gelu: 'gelu', geluTanh: 'gelu tanh', relu: 'relu' } as const;

describe.each(['gelu', 'geluTanh', 'relu'] as const)('%s', (name) => {
  it("has PyTorch's values and gradients", () => {
    tidy(() => {
      expectFixture(fixture.case(names[name]), (_, { x }) => ({ y: activations[name](x!) }), {
        rtol: 1e-5,
        atol: 1e-6,
      });
    });
  });

  it('leaks nothing', () => {
    const x = normal(key(0), [3, 4]);
    const before = memory().numTensors;
    activations[name](x).dispose();
    expect(memory().numTensors).toBe(before);
    x.dispose();
  });
});

describe.each([
  ['gelu', gelu],
  ['geluTanh', geluTanh],
  ['quickGelu', quickGelu],
] as const)('%s', (_, activation) => {
  it('has the gradient of finite differences', () => {
    tidy(() => {
      const x = normal(key(1), [3, 4]);
      assertGradientsMatch((point) => weighedSum(key(2), [activation(point['x']!)]), { x }, key(3));
    });
  });

  it('is finite far out, and so is its gradient', () => {
    tidy(() => {
      const x = tensor1d([-1000, 1000]);
      const [low, high] = activation(x).dataSync();
      expect(low).toBeCloseTo(0, 6);
      expect(high).toBe(1000);
      const [slopeLow, slopeHigh] = grad((value) => activation(value))(x).dataSync();
      expect(slopeLow).toBeCloseTo(0, 6);
      expect(slopeHigh).toBe(1);
    });
  });
});

it('quickGelu is x·σ(1.702·x)', () => {
  tidy(() => {
    const values = [-3, -0.5, 0, 0.7, 2];
    quickGelu(tensor1d(values))
      .dataSync()
      .forEach((value, i) => {
        const x = values[i]!;
        expect(value).toBeCloseTo(x / (1 + Math.exp(-1.702 * x)), 6);
      });
  });
});
