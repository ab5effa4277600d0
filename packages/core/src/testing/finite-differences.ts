import { tensor, tidy } from '@tensorflow/tfjs-core';
import { foldIn, uniformArray, type Key } from '../keys';
import { mapParams, type Params } from '../params';
import { ConformanceError } from './check';
import { valuesOf } from './compare';
import { gradientsAt, type Objective } from './gradients';

/** Values by path: a gradient, or a direction to move along. */
type Field = ReadonlyMap<string, Float32Array>;

/**
 * The step sizes h to try, the largest first. A large step has an error from curvature, a small
 * step an error from float32 rounding, so a gradient passes if it agrees at one step size. A step
 * size is skipped if rounding may exceed 5 % of the slope.
 */
const steps = [1e-2, 4e-3, 1e-3, 3e-4, 1e-4];

/**
 * Compares an objective's gradients with central differences (f(x + h·d) − f(x − h·d)) / 2h, for d
 * the gradient's own direction and two random directions of ±1. Checks up to `most` tensors of the
 * tree (spread evenly) one by one, and all tensors together.
 *
 * @throws ConformanceError with the tensor, the slope by finite differences and the slope by the
 *   gradient.
 */
export function assertGradientsMatch(
  objective: Objective,
  point: Params,
  key: Key,
  most = 16,
): void {
  const gradients = readGradients(objective, point);
  const paths = Object.keys(point);
  const stride = Math.max(1, paths.length / most);
  const singles = paths.filter((_, i) => Math.floor(i / stride) !== Math.floor((i - 1) / stride));
  for (const group of [...singles.map((path) => [path]), paths]) {
    const claimed: Field = new Map(group.map((path) => [path, gradients.get(path)!]));
    assertSlopes(objective, point, claimed, key);
  }
}

function readGradients(objective: Objective, point: Params): Field {
  const read = new Map<string, Float32Array>();
  tidy(() => {
    for (const [path, gradient] of Object.entries(gradientsAt(objective, point))) {
      read.set(path, valuesOf(gradient));
    }
  });
  return read;
}

function assertSlopes(objective: Objective, point: Params, gradient: Field, key: Key): void {
  const norm = Math.sqrt(dot(gradient, gradient));
  const directions = [randomSigns(foldIn(key, 0), gradient), randomSigns(foldIn(key, 1), gradient)];
  if (norm > 0) directions.unshift(mapField(gradient, (value) => value / norm));
  for (const direction of directions) {
    const claimed = dot(gradient, direction);
    const size = Math.max(norm, Math.abs(claimed));
    const found: number[] = [];
    const agrees = steps.some((step) => {
      const { slope, noise } = slopeAlong(objective, point, direction, step);
      if (found.length > 0 && noise > 0.05 * size) return false;
      found.push(slope);
      return Math.abs(slope - claimed) <= 0.01 * size + noise;
    });
    if (!agrees) {
      const where = gradient.size === 1 ? [...gradient.keys()].join() : 'all tensors at once';
      throw new ConformanceError('the gradient differs from finite differences', {
        where,
        expected: `a slope of ${found.map((slope) => slope.toPrecision(5)).join(' or ')}`,
        got: claimed.toPrecision(5),
      });
    }
  }
}

function slopeAlong(
  objective: Objective,
  point: Params,
  direction: Field,
  step: number,
): { slope: number; noise: number } {
  const at = (distance: number): number =>
    tidy(() => {
      const moved = mapParams(point, (value, path) => {
        const along = direction.get(path);
        if (along === undefined) return value;
        // As new numbers, so that an engine that compiles has one program for all points.
        const numbers = valuesOf(value).map((number, i) => number + along[i]! * distance);
        return tensor(numbers, value.shape);
      });
      return valuesOf(objective(moved))[0]!;
    });
  const above = at(step);
  const below = at(-step);
  // A float32 result of a few hundred operations has a relative error of about 1e-6.
  const noise = (2e-6 * Math.max(1, Math.abs(above))) / step;
  return { slope: (above - below) / (2 * step), noise };
}

function randomSigns(key: Key, like: Field): Field {
  return new Map(
    [...like].map(([path, { length }]) => [
      path,
      uniformArray(foldIn(key, path), length).map((draw) => (draw < 0.5 ? -1 : 1)),
    ]),
  );
}

function mapField(field: Field, map: (value: number) => number): Field {
  return new Map([...field].map(([path, values]) => [path, values.map(map)]));
}

function dot(a: Field, b: Field): number {
  let total = 0;
  for (const [path, values] of a) {
    const others = b.get(path)!;
    values.forEach((value, i) => (total += value * others[i]!));
  }
  return total;
}
