import { matMul, norm, onesLike } from '@tensorflow/tfjs-core';
import { inference, type Context } from '../contracts/context';
import type { FeatureSpec } from '../contracts/features';
import type { Fusion } from '../contracts/fusion';
import { key } from '../keys';
import {
  ConformanceError,
  check,
  notApplicable,
  registerChecks,
  type Check,
  type TestRunner,
} from './check';
import { valuesOf } from './compare';
import { expectClose } from './fixtures';
import { gradientChecks } from './fusion-gradients';
import { blindnessChecks, independenceChecks, shapeChecks } from './fusion-properties';
import { FusionSetup, outputs } from './fusion-setup';
import { initialisationChecks, keyCheck, type Subject } from './initialisation';
import { assertNoLeak } from './leaks';
import { tensorsOf } from './trees';

export interface FusionTestOptions {
  /**
   * Sizes of the image features; with `tokens: 0` they have no tokens. Default `{ dim: 8, tokens: 4
   * }`.
   */
  readonly image?: FeatureSpec;
  /**
   * Sizes of the text features; with `tokens: 0` they have no tokens. Default `{ dim: 6, tokens:
   * 'varies' }`.
   */
  readonly text?: FeatureSpec;
  /**
   * Which parameters get no gradient by construction. The key biases of attention (`key.bias`,
   * `k_proj.bias`), which do not change a softmax, are always exempt. Default: none.
   */
  readonly unreached?: (path: string) => boolean;
}

/**
 * Registers the checks of the {@link Fusion} contract with a test framework.
 *
 * ```ts
 * import { describe, it } from 'vitest';
 * testFusion(() => myFusion({ width: 8 }), { describe, it });
 * ```
 *
 * @param create makes a new fusion; called several times. Keep it small (width 8, one layer, with
 *   dropout): gradients are compared with finite differences. A fusion with `reads: 'pooled'` is
 *   checked not to read tokens; a fusion with `takesMissing` gets missing rows in all checks.
 */
export function testFusion(
  create: () => Fusion,
  runner: TestRunner,
  options: FusionTestOptions = {},
): void {
  registerChecks(`fusion ${create().name}`, fusionChecks(create, options), runner);
}

/** The same checks as a list, for a test runner of your own. */
export function fusionChecks(create: () => Fusion, options: FusionTestOptions = {}): Check[] {
  const setup = new FusionSetup(create, options);
  return [
    ...shapeChecks(setup),
    ...independenceChecks(setup),
    ...blindnessChecks(setup),
    ...gradientChecks(setup, options.unreached ?? (() => false)),
    ...stateChecks(setup),
    ...embeddingChecks(setup),
  ];
}

function stateChecks(setup: FusionSetup): Check[] {
  const subject: Subject<Fusion> = {
    create: setup.create,
    init: (fusion, from) => setup.initOf(fusion, from),
    apply: (fusion, params, ctx) => outputs(fusion, params, setup.images(3), setup.texts(3), ctx),
  };
  return [
    ...initialisationChecks(subject),
    keyCheck(subject),
    {
      name: 'leaks no tensors and disposes none of its inputs',
      run: () => {
        const [image, text] = [setup.images(2), setup.texts(2)];
        const fusion = setup.create();
        assertNoLeak('init', [], () => [setup.initOf(fusion, key(1))]);
        const params = setup.initOf(fusion, key(1));
        const inputs = [params, image, text].flatMap((tree) => tensorsOf(tree));
        for (const training of [false, true]) {
          const ctx: Context = { training, key: key(2) };
          assertNoLeak('fuse', inputs, () => [fusion.fuse(params, image, text, ctx)]);
          assertNoLeak('score', inputs, () => [fusion.score(params, image, text, ctx)]);
          assertNoLeak('embed', inputs, () => [
            fusion.embed?.(params, 'image', image, ctx) ?? {},
            fusion.embed?.(params, 'text', text, ctx) ?? {},
          ]);
        }
        inputs.forEach((input) => input.dispose());
      },
    },
  ];
}

function embeddingChecks(setup: FusionSetup): Check[] {
  const hasEmbeddings = setup.create().embed !== undefined;
  return [
    check('offers embeddings if and only if its scores are separable', () => {
      const fusion = setup.create();
      const separable = fusion.scoring === 'separable';
      if (separable !== (fusion.embed !== undefined)) {
        throw new ConformanceError(`${fusion.name} declares scoring: '${fusion.scoring}'`, {
          expected: separable ? 'a method embed' : 'no method embed',
          got: separable ? 'none' : 'one',
        });
      }
    }),
    hasEmbeddings ? orderOfEmbeddings(setup) : notApplicable(orderName, 'the fusion has none'),
  ];
}

const orderName = 'embeddings have unit norm, and their products order pairs as the scores do';

function orderOfEmbeddings(setup: FusionSetup): Check {
  return check(orderName, () => {
    const { fusion, params } = setup.init();
    if (fusion.embed === undefined)
      throw new ConformanceError('the fusion has no embeddings any more');
    const [image, text] = [setup.images(3), setup.texts(4)];
    const images = fusion.embed(params, 'image', image, inference);
    const texts = fusion.embed(params, 'text', text, inference);
    for (const side of [images, texts]) {
      const lengths = norm(side, 2, 1);
      expectClose(lengths, onesLike(lengths), {}, 'the norm of an embedding');
    }
    const cosines = valuesOf(matMul(images, texts, false, true));
    const scores = valuesOf(fusion.score(params, image, text, inference));
    assertSameOrder(cosines, scores);
  });
}

/** Checks that pairs whose cosines differ clearly have scores in the same order. */
function assertSameOrder(cosines: Float32Array, scores: Float32Array): void {
  cosines.forEach((cosine, i) =>
    cosines.forEach((other, j) => {
      if (cosine - other > 1e-3 && !(scores[i]! > scores[j]!)) {
        throw new ConformanceError('scores do not follow the cosines of the embeddings', {
          expected: `a higher score at cosine ${cosine} than at ${other}`,
          got: `${scores[i]!} and ${scores[j]!}`,
        });
      }
    }),
  );
}
