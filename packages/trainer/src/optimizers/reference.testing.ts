import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { disposeParams, type Optimizer, type Params } from '@crossweave/core';
import { expect } from 'vitest';
import fixture from '../../fixtures/optim.json';

const shapes: Readonly<Record<string, readonly number[]>> = fixture.shapes;

export function tree(values: Readonly<Record<string, readonly number[]>>): Params {
  return Object.fromEntries(
    Object.entries(values).map(([path, list]) => [path, tensor([...list], [...shapes[path]!])]),
  );
}

function expectClose(actual: Tensor, expected: readonly number[], rtol = 2e-6, atol = 2e-7): void {
  const values = actual.dataSync();
  expect(values.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs(values[i]! - value)).toBeLessThanOrEqual(atol + rtol * Math.abs(value));
  });
}

/** Runs an optimizer over the fixture's gradients and compares every step with PyTorch's. */
export function expectReference(optimizer: Optimizer, reference: typeof fixture.adamw): void {
  let params = tree(reference.start);
  let state = optimizer.init(params);
  reference.gradients.forEach((values, step) => {
    const gradients = tree(values);
    const next = optimizer.update(gradients, state, params, step);
    expectClose(next.gradientNorm, [reference.norms[step]!]);
    for (const [path, expected] of Object.entries(reference.params[step]!)) {
      expectClose(next.params[path]!, expected);
    }
    [gradients, params, state].forEach(disposeParams);
    next.gradientNorm.dispose();
    ({ params, state } = next);
  });
  disposeParams(params);
  disposeParams(state);
}
