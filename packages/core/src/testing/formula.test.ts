import { tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { formulaParams, formulaTensor } from './formula';

it('gives what tooling/reference/formula.py gives', () => {
  tidy(() => {
    // formula_tensor("layer1.0.conv1.weight", (3, 2), -1, 2).tolist()
    const expected = [
      0.211111784, 1.76793349, -0.0802267194, -0.475194871, -0.478469133, 1.96899867,
    ];
    const values = formulaTensor('layer1.0.conv1.weight', [3, 2], [-1, 2]);
    expect(values.shape).toEqual([3, 2]);
    expect([...values.dataSync()]).toEqual(expected.map((value) => Math.fround(value)));
  });
});

it('spreads evenly, and keeps each kind of parameter in its range', () => {
  tidy(() => {
    const shapes = { 'a.weight': [100, 30, 2], 'n.weight': [500], 'n.bias': [500] };
    const params = formulaParams({ ...shapes, 'n.running_var': [500] });
    const extent = (path: string): [number, number, number] => {
      const values = [...params[path]!.dataSync()];
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return [Math.min(...values), mean, Math.max(...values)];
    };
    const bound = Math.sqrt(3 / 60);
    const ranges = {
      'a.weight': [-bound, 0, bound],
      'n.weight': [0.5, 1, 1.5],
      'n.running_var': [0.5, 1, 1.5],
      'n.bias': [-0.1, 0, 0.1],
    };
    for (const [path, range] of Object.entries(ranges)) {
      extent(path).forEach((value, i) => expect(value, path).toBeCloseTo(range[i]!, 1.5));
    }
  });
});
