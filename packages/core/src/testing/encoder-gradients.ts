import { expandDims, fill, mul, type Tensor } from '@tensorflow/tfjs-core';
import { inference, type Context } from '../contracts/context';
import type { Encoder } from '../contracts/encoder';
import type { Features, PooledFeatures } from '../contracts/features';
import { key } from '../keys';
import { mapParams, subtree, withPrefix, type Params } from '../params';
import { check, type Check } from './check';
import { alike, assertFinite } from './compare';
import { expectClose } from './fixtures';
import { assertGradientsMatch } from './finite-differences';
import {
  assertFiniteGradients,
  assertReached,
  gradientsAt,
  nudged,
  trainable,
  weighedSum,
  type Objective,
} from './gradients';
import type { InputKind } from './inputs';
import { continuousParts, withParts } from './trees';

export function encoderGradientChecks<Input extends object>(
  create: () => Encoder<Input, PooledFeatures>,
  { make }: InputKind<Input>,
  unreached: (path: string) => boolean,
): Check[] {
  const training: Context = { training: true, key: key(24) };
  return [
    check('gradients reach every parameter', () => {
      const { objective, point } = problem(create(), make(key(21), 3), inference);
      assertReached(subtree(gradientsAt(objective, point), 'params.'), unreached);
    }),
    check('gradients equal finite differences in inference', () => {
      const { objective, point } = problem(create(), make(key(21), 2), inference);
      assertGradientsMatch(objective, point, key(25));
    }),
    check('gradients equal finite differences in training, dropout being fixed by the key', () => {
      const { objective, point } = problem(create(), make(key(21), 3), training);
      assertGradientsMatch(objective, point, key(25), 6);
    }),
    check('gradients are the same when layers are recomputed', () => {
      const at = (recompute: boolean): Params => {
        const { objective, point } = problem(create(), make(key(21), 3), {
          ...training,
          recompute,
        });
        return gradientsAt(objective, point);
      };
      const kept = at(false);
      for (const [path, gradient] of Object.entries(at(true))) {
        expectClose(
          gradient,
          kept[path]!,
          alike(),
          `the gradient of ${path} with recomputed layers`,
        );
      }
    }),
    ...[0, 1000, -1000].map((value) =>
      check(`values and gradients are finite where every input value is ${value}`, () => {
        const inputs = make(key(21), 2);
        const constant = mapParams(continuousParts(inputs), ({ shape }) => fill(shape, value));
        const { objective, point } = problem(create(), withParts(inputs, constant), inference);
        assertFinite('a weighed sum of the features', objective(point));
        assertFiniteGradients(`at inputs of ${value}`, gradientsAt(objective, point));
      }),
    ),
  ];
}

/**
 * A weighted sum of the unmasked features as a function of the parameters (`params.`) and the input
 * (`input.`).
 */
function problem<Input extends object>(
  encoder: Encoder<Input, PooledFeatures>,
  inputs: Input,
  ctx: Context,
): { objective: Objective; point: Params } {
  const params = encoder.init(key(1));
  const objective: Objective = (moved) => {
    const { tokens, mask, pooled }: PooledFeatures & Partial<Features> = encoder.apply(
      { ...params, ...subtree(moved, 'params.') },
      withParts(inputs, subtree(moved, 'input.')),
      ctx,
    );
    const real: Tensor[] = tokens && mask ? [mul(tokens, expandDims(mask, 2))] : [];
    return weighedSum(key(26), [...real, pooled]);
  };
  const point = {
    ...withPrefix('params.', nudged(key(27), trainable(params))),
    ...withPrefix('input.', continuousParts(inputs)),
  };
  return { objective, point };
}
