import { inference } from '../contracts/context';
import type { Features } from '../contracts/features';
import { key } from '../keys';
import { subtree, withPrefix, type Params } from '../params';
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
import { continuousParts, withParts } from './trees';

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
        const image = constantFeatures(setup.images(2), value);
        const text = constantFeatures(setup.texts(2), value);
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

/**
 * A weighted sum of the outputs as a function of the parameters (`params.`) and both features
 * (`image.`, `text.`).
 */
function problem(
  setup: FusionSetup,
  image: Features,
  text: Features,
): { objective: Objective; point: Params } {
  const { fusion, params } = setup.init();
  const buffers = withPrefix('params.', params);
  const point: Params = {
    ...withPrefix('params.', nudged(key(17), trainable(params))),
    ...withPrefix('image.', continuousParts(image)),
    ...withPrefix('text.', continuousParts(text)),
  };
  const objective: Objective = (moved) => {
    const images = withParts(image, subtree(moved, 'image.'));
    const texts = withParts(text, subtree(moved, 'text.'));
    const all = subtree({ ...buffers, ...moved }, 'params.');
    return weighedSum(key(16), outputs(fusion, all, images, texts, inference));
  };
  return { objective, point };
}
