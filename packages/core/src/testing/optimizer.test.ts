import {
  add,
  div,
  mul,
  scalar,
  sqrt,
  square,
  sub,
  sum,
  tidy,
  zerosLike,
  type Scalar,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Optimizer } from '../contracts/optimizer';
import { mapParams, parameter, type Params } from '../params';
import { optimizerChecks, testOptimizer } from './optimizer';

const rate = 0.05;

function globalNorm(gradients: Params): Scalar {
  return sqrt(
    Object.values(gradients).reduce<Scalar>(
      (total, value) => add(total, sum(square(value))),
      scalar(0),
    ),
  );
}

/** Gradient descent with momentum. */
function momentum(): Optimizer {
  return {
    name: 'momentum',
    init: (params) => tidy(() => mapParams(params, (value) => zerosLike(value))),
    update: (gradients, state, params) =>
      tidy(() => {
        const newState: Record<string, Tensor> = { ...state };
        const newParams: Record<string, Tensor> = { ...params };
        for (const [path, gradient] of Object.entries(gradients)) {
          newState[path] = add(mul(parameter(state, path), 0.8), gradient);
          newParams[path] = sub(parameter(params, path), mul(newState[path], rate));
        }
        return { params: newParams, state: newState, gradientNorm: globalNorm(gradients) };
      }),
    learningRates: () => ({ '': rate }),
  };
}

testOptimizer(momentum, { describe, it });

/** The momentum of tfjs's own optimizers: by position in the list of gradients. */
function byPosition(): Optimizer {
  const slot = (i: number): string => `slot.${i}`;
  return {
    ...momentum(),
    init: (params) => Object.fromEntries(Object.keys(params).map((_, i) => [slot(i), scalar(0)])),
    update: (gradients, state, params) =>
      tidy(() => {
        const newState: Record<string, Tensor> = { ...state };
        const newParams: Record<string, Tensor> = { ...params };
        Object.entries(gradients).forEach(([path, gradient], i) => {
          newState[slot(i)] = add(mul(parameter(state, slot(i)), 0.8), sum(gradient));
          newParams[path] = sub(parameter(params, path), mul(newState[slot(i)]!, rate));
        });
        return { params: newParams, state: newState, gradientNorm: globalNorm(gradients) };
      }),
  };
}

function countsInAClosure(): Optimizer {
  const base = momentum();
  let steps = 0;
  return {
    ...base,
    update: (gradients, ...rest) => {
      steps += 1;
      const scaled = tidy(() => mapParams(gradients, (value) => mul(value, 1 + 1 / steps)));
      const next = base.update(scaled, ...rest);
      Object.values(scaled).forEach((value) => value.dispose());
      return next;
    },
  };
}

function altered(change: (...args: Parameters<Optimizer['update']>) => Params): () => Optimizer {
  return () => {
    const base = momentum();
    return {
      ...base,
      update: (...args) =>
        tidy(() => ({ ...base.update(...args), params: { ...change(...args) } })),
    };
  };
}

const broken: Record<string, { create: () => Optimizer; caughtBy: string[] }> = {
  'keeps its moments by position': {
    create: byPosition,
    caughtBy: [
      'keeps state by path: the gradients of different paths may come and go',
      'does not depend on the order of the gradients',
    ],
  },
  'counts its steps in a closure': {
    create: countsInAClosure,
    caughtBy: ['continues from a copy of its trees: it keeps no state elsewhere'],
  },
  'decays frozen parameters': {
    create: altered((_gradients, _state, params) => mapParams(params, (value) => mul(value, 0.9))),
    caughtBy: ['returns a parameter without a gradient as it was'],
  },
  climbs: {
    create: altered((gradients, _state, params) => ({
      ...params,
      ...mapParams(gradients, (value, path) => add(parameter(params, path), mul(value, rate))),
    })),
    caughtBy: ['brings a quadratic function below a hundredth of its initial value in 300 steps'],
  },
  'divides by a norm that may be zero': {
    create: altered((gradients, _state, params) => ({
      ...params,
      ...mapParams(gradients, (value, path) =>
        sub(parameter(params, path), div(value, globalNorm(gradients))),
      ),
    })),
    caughtBy: ['stays finite for zero gradients and gradients of 10^4'],
  },
  'disposes the trees that it was given': {
    create: () => {
      const base = momentum();
      return {
        ...base,
        update: (gradients, state, params, step) => {
          const next = base.update(gradients, state, params, step);
          for (const path of Object.keys(gradients)) params[path]!.dispose();
          return next;
        },
      };
    },
    caughtBy: ['leaks no tensors and disposes none of its inputs'],
  },
  'measures the norm after scaling': {
    create: () => {
      const base = momentum();
      return {
        ...base,
        update: (...args) =>
          tidy(() => ({
            ...base.update(...args),
            gradientNorm: mul<Scalar>(globalNorm(args[0]), 0.5),
          })),
      };
    },
    caughtBy: ['returns the global norm of the gradients before clipping'],
  },
};

describe('an optimizer that breaks the contract', () => {
  it.each(Object.entries(broken))('%s', async (_, { create, caughtBy }) => {
    const failed: string[] = [];
    for (const { name, run } of optimizerChecks(create)) {
      try {
        await run();
      } catch {
        failed.push(name);
      }
    }
    expect(failed).toEqual(expect.arrayContaining(caughtBy));
  });
});
