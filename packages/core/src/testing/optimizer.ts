import { fill, mul, scalar, square, sub, sum, tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { Optimizer, OptimizerState } from '../contracts/optimizer';
import { foldIn, key, normal } from '../keys';
import { mapParams, partition, type Params } from '../params';
import { ConformanceError, check, registerChecks, type Check, type TestRunner } from './check';
import type { Closeness } from './closeness';
import { alike, assertFinite, identical, valuesOf } from './compare';
import { expectClose } from './fixtures';
import { assertNoLeak } from './leaks';
import { copyParams, tensorsOf } from './trees';

export interface OptimizerTestOptions {
  /**
   * Number of steps within which the optimizer must bring a quadratic function below a hundredth of
   * its initial value. Default 300.
   */
  readonly steps?: number;
}

/**
 * Registers the checks of the {@link Optimizer} contract with a test framework.
 *
 * ```ts
 * testOptimizer(() => adamW({ learningRate: 0.05 }), { describe, it });
 * ```
 *
 * @param create makes a new optimizer; called several times. Choose a learning rate for parameters
 *   of about 1 (0.05 for Adam, 0.1 for gradient descent). The parameter paths start with `image.`,
 *   `text.` and `loss.`.
 */
export function testOptimizer(
  create: () => Optimizer,
  runner: TestRunner,
  options: OptimizerTestOptions = {},
): void {
  registerChecks(`optimizer ${create().name}`, optimizerChecks(create, options), runner);
}

/** The same checks as a list, for a test runner of your own. */
export function optimizerChecks(
  create: () => Optimizer,
  options: OptimizerTestOptions = {},
): Check[] {
  return [
    bowlCheck(create, options.steps ?? 300),
    ...pathChecks(create),
    ...stateChecks(create),
    leakCheck(create),
  ];
}

interface Point {
  readonly params: Params;
  readonly state: OptimizerState;
}

/** New parameters of about 1 at three paths, of rank 2, 1 and 0. */
function start(): Params {
  const at = (path: string, shape: number[]): Tensor => normal(foldIn(key(41), path), shape);
  return {
    'image.weight': at('image.weight', [2, 3]),
    'text.bias': at('text.bias', [4]),
    'loss.scale': at('loss.scale', []),
  };
}

/** Random gradients of a step. Their global norm is below 1, so that clipping changes nothing. */
function gradientsOf(step: number, params: Params): Params {
  return mapParams(params, (value, path) =>
    normal(foldIn(foldIn(key(42), path), step), value.shape, 0, 0.05),
  );
}

/** Runs steps 0 … count−1, each with the gradients that `choose` selects. */
function runSteps(
  optimizer: Optimizer,
  count: number,
  choose: (gradients: Params, step: number) => Params = (gradients) => gradients,
): Point {
  const params = start();
  let point: Point = { params, state: optimizer.init(params) };
  for (let step = 0; step < count; step++) {
    const gradients = choose(gradientsOf(step, point.params), step);
    point = updated(optimizer, gradients, point, step);
  }
  return point;
}

/** One update, whose parameters are read, so that an engine that compiles gets one graph a step. */
function updated(optimizer: Optimizer, gradients: Params, point: Point, step: number): Point {
  const next = optimizer.update(gradients, point.state, point.params, step);
  for (const value of Object.values(next.params).slice(0, 1)) valuesOf(value);
  return next;
}

function assertSameTree(
  what: string,
  actual: Params,
  expected: Params,
  closeness: Closeness = identical,
): void {
  const [got, wanted] = [actual, expected].map((tree) => Object.keys(tree).sort().join(', '));
  if (got !== wanted)
    throw new ConformanceError(`${what}: the paths differ`, { expected: wanted, got });
  for (const [path, value] of Object.entries(expected)) {
    expectClose(actual[path]!, value, closeness, `${path} ${what}`);
  }
}

function bowlCheck(create: () => Optimizer, steps: number): Check {
  return check(
    `brings a quadratic function below a hundredth of its initial value in ${steps} steps`,
    () => {
      const optimizer = create();
      // The minimum is at a distance of about 2 from the start, so weight decay alone cannot reach
      // it.
      const target = mapParams(start(), (value) => sub(value, 2));
      const height = (params: Params): number =>
        Object.entries(params).reduce(
          (total, [path, value]) => total + valuesOf(sum(square(sub(value, target[path]!))))[0]!,
          0,
        );
      let point: Point = { params: start(), state: optimizer.init(start()) };
      const first = height(point.params);
      for (let step = 0; step < steps; step++) {
        const gradients = mapParams(point.params, (value, path) =>
          mul(sub(value, target[path]!), 2),
        );
        point = updated(optimizer, gradients, point, step);
      }
      const last = height(point.params);
      if (!(last < first / 100)) {
        throw new ConformanceError('the optimizer does not minimise the quadratic function', {
          expected: `less than ${first / 100}`,
          got: last,
          advice: 'Choose a learning rate for parameters of about 1, or more steps.',
        });
      }
    },
  );
}

function pathChecks(create: () => Optimizer): Check[] {
  const only =
    (path: string) =>
    (tree: Params): Params =>
      partition(tree, (name) => name === path)[0];
  return [
    check('keeps state by path: the gradients of different paths may come and go', () => {
      const path = 'text.bias';
      const alone = runSteps(create(), 6, only(path));
      const among = runSteps(create(), 6, (gradients, step) =>
        step % 2 === 0 ? gradients : only(path)(gradients),
      );
      expectClose(among.params[path]!, alone.params[path]!, {}, `${path} beside others`);
    }),
    check('does not depend on the order of the gradients', () => {
      const reversed = (tree: Params, step: number): Params =>
        step % 2 === 0 ? tree : Object.fromEntries(Object.entries(tree).reverse());
      const point = runSteps(create(), 3, reversed);
      const { params } = runSteps(create(), 3);
      assertSameTree('with gradients in another order', point.params, params, alike());
    }),
    check('returns a parameter without a gradient as it was', () => {
      const frozen = runSteps(create(), 4, (gradients, step) =>
        step < 2 ? gradients : only('text.bias')(gradients),
      );
      const { params } = runSteps(create(), 2);
      assertSameTree(
        'without a gradient',
        { ...frozen.params, 'text.bias': params['text.bias']! },
        params,
        alike(),
      );
    }),
  ];
}

function stateChecks(create: () => Optimizer): Check[] {
  return [
    check('returns the same trees for the same gradients', () => {
      const [first, second] = [runSteps(create(), 4), runSteps(create(), 4)];
      assertSameTree('in a second run', second.params, first.params);
      assertSameTree('in a second run', second.state, first.state);
    }),
    check('continues from a copy of its trees: it keeps no state elsewhere', () => {
      const optimizer = create();
      const { params, state } = runSteps(optimizer, 3);
      const gradients = gradientsOf(3, params);
      const expected = optimizer.update(gradients, state, params, 3);
      const resumed = create().update(gradients, copyParams(state), copyParams(params), 3);
      assertSameTree('after resuming', resumed.params, expected.params);
      assertSameTree('after resuming', resumed.state, expected.state);
    }),
    check('does not change the trees that it was given', () => {
      const optimizer = create();
      const { params, state } = runSteps(optimizer, 2);
      const [paramsBefore, stateBefore] = [copyParams(params), copyParams(state)];
      optimizer.update(gradientsOf(2, params), state, params, 2);
      assertSameTree('after an update', params, paramsBefore);
      assertSameTree('after an update', state, stateBefore);
    }),
    check('stays finite for zero gradients and gradients of 10^4', () => {
      const optimizer = create();
      for (const size of [0, 1e4]) {
        const params = start();
        const gradients = mapParams(params, (value) => fill(value.shape, size));
        const next = optimizer.update(gradients, optimizer.init(params), params, 0);
        for (const [path, value] of [
          ...Object.entries(next.params),
          ...Object.entries(next.state),
        ]) {
          assertFinite(`${path} after gradients of ${size}`, value);
        }
      }
    }),
    check('returns the global norm of the gradients before clipping', () => {
      const params = start();
      const optimizer = create();
      const gradients = mapParams(params, ({ shape }) => normal(key(43), shape, 0, 10));
      const { gradientNorm } = optimizer.update(gradients, optimizer.init(params), params, 0);
      const norm = Math.hypot(...Object.values(gradients).flatMap((part) => [...valuesOf(part)]));
      expectClose(gradientNorm, scalar(norm), {}, 'gradientNorm');
    }),
    check('returns a finite learning rate for every step', () => {
      const optimizer = create();
      for (const step of [0, 1, 1000]) {
        const rates = optimizer.learningRates(step);
        for (const [group, rate] of Object.entries(rates)) {
          assertFinite(`the rate of ${group} at step ${step}`, tensor([rate]));
        }
      }
    }),
  ];
}

function leakCheck(create: () => Optimizer): Check {
  return {
    name: 'leaks no tensors and disposes none of its inputs',
    run: () => {
      const optimizer = create();
      const params = start();
      const given = tensorsOf(params);
      assertNoLeak('init', given, () => [optimizer.init(params)]);
      const state = optimizer.init(params);
      const gradients = gradientsOf(0, params);
      const some = { 'text.bias': gradients['text.bias']! };
      const inputs = [params, state, gradients].flatMap((tree) => tensorsOf(tree));
      for (const present of [gradients, some, {}]) {
        assertNoLeak('update', inputs, () => {
          const next = optimizer.update(present, state, params, 0);
          return [next.params, next.state, next.gradientNorm];
        });
      }
      inputs.forEach((input) => input.dispose());
    },
  };
}
