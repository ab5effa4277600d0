import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { inference } from '../contracts/context';
import type { Features } from '../contracts/features';
import { key } from '../keys';
import { parameter, subtree, withPrefix, type Params } from '../params';
import { check, type Check } from './check';
import { assertFinite } from './compare';
import { assertGradientsMatch } from './finite-differences';
import { outputNames, outputs, type FusionSetup } from './fusion-setup';
import {
  assertFiniteGradients,
  assertReached,
  gradientsAt,
  nudged,
  trainable,
  weighedSum,
  type Objective,
} from './gradients';
import { constantFeatures } from './samples';

export function gradientChecks(setup: FusionSetup, unreached: (path: string) => boolean): Check[] {
  return [
    check('gradients reach every parameter', () => {
      const { objective, point } = problem(setup, setup.images(3), setup.texts(3));
      assertReached(subtree(gradientsAt(objective, point), 'params.'), unreached);
    }),
    check('gradients equal finite differences', () => {
      const { objective, point } = problem(setup, setup.images(2), setup.texts(2));
      assertGradientsMatch(objective, point, key(18));
    }),
    ...[0, 1000, -1000].map((value) =>
      check(`values and gradients are finite where every feature is ${value}`, () => {
        const image = constantFeatures(setup.imageSpec, 2, value);
        const text = constantFeatures(setup.textSpec, 2, value);
        const { fusion, params } = setup.init();
        outputs(fusion, params, image, text, inference).forEach((output, i) =>
          assertFinite(outputNames[i]!, output),
        );
        const { objective, point } = problem(setup, image, text);
        assertFiniteGradients(`at features of ${value}`, gradientsAt(objective, point));
      }),
    ),
  ];
}

/** All outputs as a function of the parameters (`params.`) and both features (`image.`, `text.`). */
function problem(
  setup: FusionSetup,
  image: Features,
  text: Features,
): { objective: Objective; point: Params } {
  const { fusion, params } = setup.init();
  const buffers = withPrefix('params.', params);
  const point: Params = {
    ...withPrefix('params.', nudged(key(17), trainable(params))),
    'image.tokens': image.tokens,
    'image.pooled': image.pooled,
    'text.tokens': text.tokens,
    'text.pooled': text.pooled,
  };
  const objective: Objective = (moved) => {
    const features = (side: string, mask: Tensor2D): Features => ({
      tokens: parameter<Tensor3D>(moved, `${side}.tokens`),
      mask,
      pooled: parameter<Tensor2D>(moved, `${side}.pooled`),
    });
    const all = subtree({ ...buffers, ...moved }, 'params.');
    return weighedSum(
      key(16),
      outputs(fusion, all, features('image', image.mask), features('text', text.mask), inference),
    );
  };
  return { objective, point };
}
