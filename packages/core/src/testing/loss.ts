import { dispose, scalar, type Scalar } from '@tensorflow/tfjs-core';
import type { Context } from '../contracts/context';
import type { Loss, LossResult } from '../contracts/loss';
import { key } from '../keys';
import { subtree, withPrefix, type Params } from '../params';
import {
  ConformanceError,
  check,
  notApplicable,
  registerChecks,
  type Check,
  type TestRunner,
} from './check';
import { assertFinite, assertShape, largestMagnitude, valuesOf } from './compare';
import { expectClose } from './fixtures';
import { assertGradientsMatch } from './finite-differences';
import {
  assertFiniteGradients,
  assertReached,
  gradientsAt,
  nudged,
  trainable,
  type Objective,
} from './gradients';
import { initialisationChecks } from './initialisation';
import { assertNoLeak } from './leaks';
import {
  computeLoss,
  featureParts,
  lossCase,
  permutedCase,
  withFeatureParts,
  type CaseOptions,
  type LossCase,
  type OptionalOutput,
} from './loss-setup';
import { tensorsOf } from './trees';

export interface LossTestOptions {
  /** D of the features, and of the stub fusion's joint representation. Default 8. */
  readonly width?: number;
  /** The numbers K of hard negatives per pair to test with. Default [0, 2]. */
  readonly negatives?: readonly number[];
  /**
   * Whether to test with a fusion that has embeddings (true), or has none (false). Default [true,
   * false].
   */
  readonly embeds?: readonly boolean[];
  /** Optional model outputs that the loss needs. Default: none. */
  readonly outputs?: readonly OptionalOutput[];
  /**
   * Whether the loss draws samples by their place in the batch, so that the order of pairs matters.
   * Default false.
   */
  readonly ordered?: boolean;
  /** Which parameters of the loss get no gradient by construction. Default: none. */
  readonly unreached?: (path: string) => boolean;
}

/**
 * Registers the checks of the {@link Loss} contract with a test framework. The loss gets random
 * features and a fusion without parameters: `joint` is the product of the two embeddings, `match`
 * and `score` are their cosines.
 *
 * ```ts
 * testLoss(() => myLoss({ margin: 0.2 }), { describe, it });
 * ```
 *
 * @param create makes a new loss; called several times.
 */
export function testLoss(
  create: () => Loss,
  runner: TestRunner,
  options: LossTestOptions = {},
): void {
  registerChecks(`loss ${create().name}`, lossChecks(create, options), runner);
}

/** The same checks as a list, for a test runner of your own. */
export function lossChecks(create: () => Loss, options: LossTestOptions = {}): Check[] {
  const { width = 8, negatives: counts = [0, 2], ordered = false, unreached } = options;
  const { embeds: fusions = [true, false], outputs = [] } = options;
  const cases: Cases = (rest) =>
    counts.flatMap((negatives) =>
      fusions.map((embeds) => lossCase({ ...rest, width, negatives, embeds, outputs })),
    );
  return [
    ...valueChecks(create, cases),
    ...(ordered ? [] : [orderCheck(create, cases)]),
    ...gradientChecks(create, cases, unreached ?? (() => false)),
    ...initialisationChecks({
      create,
      init: (loss, from) => loss.init?.(from) ?? {},
      apply: (loss, params, ctx) =>
        cases({ size: 4 }).flatMap((given) => {
          const { total, terms } = computeLoss(loss, params, given, ctx);
          return [total, ...Object.values(terms)];
        }),
    }),
    leakCheck(create, cases),
  ];
}

/** A case for each number of hard negatives, with and without embeddings. */
type Cases = (options: Pick<CaseOptions, 'size' | 'value' | 'groups'>) => LossCase[];

const training: Context = { training: true, key: key(34) };

function initialised(create: () => Loss): { loss: Loss; params: Params } {
  const loss = create();
  return { loss, params: loss.init?.(key(1)) ?? {} };
}

function valueChecks(create: () => Loss, cases: Cases): Check[] {
  const assertSound = (what: string, given: LossCase): void => {
    const { loss, params } = initialised(create);
    const { total, terms } = computeLoss(loss, params, given, training);
    for (const [name, value] of Object.entries({ total, ...terms })) {
      assertShape(`${name} ${what}`, value, []);
      assertFinite(`${name} ${what}`, value);
    }
  };
  return [
    check('gives finite scalars for 1, 2 and 5 pairs', () => {
      for (const size of [1, 2, 5]) {
        cases({ size }).forEach((given) => assertSound(`of ${size} pairs`, given));
      }
    }),
    check('gives finite scalars when every pair shares one image', () => {
      const groups = ['same', 'same', 'same'];
      cases({ size: 3, groups }).forEach((given) => assertSound('without negatives', given));
    }),
    check('reports no accuracy when no row has a negative', () => {
      const groups = ['same', 'same', 'same'];
      for (const given of cases({ size: 3, groups })) {
        if (given.negatives !== undefined) continue;
        const { loss, params } = initialised(create);
        assertNoAccuracy(computeLoss(loss, params, given, training).terms);
      }
    }),
    chanceCheck(create, cases),
  ];
}

/**
 * A loss that reports `negatives` must report no share of rows (accuracy) when `negatives` is 0.
 */
function assertNoAccuracy(terms: LossResult['terms']): void {
  for (const [name, value] of Object.entries(terms)) {
    if (!/(?:^|\.)negatives$/.test(name)) continue;
    const share = name.replace(/negatives$/, 'accuracy');
    if (valuesOf(value)[0] === 0 && !(share in terms)) continue;
    throw new ConformanceError('pairs of the same image count as negatives of each other', {
      where: name,
      expected: `0 negatives, and no ${share}`,
      got: `${valuesOf(value)[0]!} negatives${share in terms ? `, and ${share}` : ''}`,
      advice: 'Leave out rows whose batch.groups or batch.captions are equal.',
    });
  }
}

function chanceCheck(create: () => Loss, cases: Cases): Check {
  const name = 'equals its chance level for features that carry no information';
  const { chance } = create();
  if (chance === undefined) return notApplicable(name, 'the loss has no chance level');
  return check(name, () => {
    const { loss, params } = initialised(create);
    for (const size of [2, 5]) {
      for (const given of cases({ size, value: 0 })) {
        const { total } = computeLoss(loss, params, given, training);
        const falseTexts = (given.negatives?.pooled.shape[0] ?? 0) / size;
        const level = scalar(chance(size, falseTexts));
        expectClose(total, level, { rtol: 0.01 }, `total of ${size} pairs at chance`);
      }
    }
  });
}

function orderCheck(create: () => Loss, cases: Cases): Check {
  return check('permuting the pairs of a batch does not change the total', () => {
    const { loss, params } = initialised(create);
    for (const given of cases({ size: 4 })) {
      const { total } = computeLoss(loss, params, given, training);
      const permuted = computeLoss(loss, params, permutedCase(given, [2, 0, 3, 1]), training);
      expectClose(permuted.total, total, {}, 'total of permuted pairs');
    }
  });
}

function gradientChecks(
  create: () => Loss,
  cases: Cases,
  unreached: (path: string) => boolean,
): Check[] {
  const totalOf = ({ total }: LossResult): Scalar => total;
  return [
    check('gradients equal finite differences', () => {
      for (const given of cases({ size: 3 })) {
        const { objective, point } = problem(create, given, totalOf);
        assertGradientsMatch(objective, point, key(35));
      }
    }),
    check('gradients reach every parameter of the loss, and some feature', () => {
      const reached = cases({ size: 3 }).map((given) => {
        const { objective, point } = problem(create, given, totalOf);
        return gradientsAt(objective, point);
      });
      // A parameter may be used only in batches with hard negatives, or only in batches without.
      const largest = reached
        .flatMap((gradients) => Object.entries(gradients))
        .reduce(
          (sizes, [path, gradient]) =>
            sizes.set(path, Math.max(sizes.get(path) ?? 0, largestMagnitude(gradient))),
          new Map<string, number>(),
        );
      const sizes = Object.fromEntries([...largest].map(([path, size]) => [path, scalar(size)]));
      assertReached(subtree(sizes, 'params.'), unreached);
      if (![...largest].some(([path, size]) => !path.startsWith('params.') && size > 0)) {
        throw new ConformanceError('no feature gets a gradient', {
          advice: 'The total must depend on outputs.image, text, fuse() or score().',
        });
      }
    }),
    ...[0, 1000, -1000].map((value) =>
      check(`values and gradients are finite where every feature is ${value}`, () => {
        for (const given of cases({ size: 3, value })) {
          const { objective, point } = problem(create, given, totalOf);
          assertFinite('total', objective(point));
          assertFiniteGradients(`at features of ${value}`, gradientsAt(objective, point));
        }
      }),
    ),
    check('no gradient flows from its terms', () => {
      for (const given of cases({ size: 3 })) {
        const { loss, params } = initialised(create);
        for (const name of Object.keys(computeLoss(loss, params, given, training).terms)) {
          const { objective, point } = problem(create, given, ({ terms }) => terms[name]!);
          const flowing = Object.entries(gradientsAt(objective, point)).find(
            ([, gradient]) => largestMagnitude(gradient) > 0,
          );
          if (flowing !== undefined) {
            throw new ConformanceError(`a gradient flows from the term ${name}`, {
              where: flowing[0],
              advice: 'Terms are for logs: pass them through stopGradient().',
            });
          }
        }
      }
    }),
  ];
}

function leakCheck(create: () => Loss, cases: Cases): Check {
  return {
    name: 'leaks no tensors and disposes none of its inputs',
    run: () => {
      const loss = create();
      assertNoLeak('init', [], () => [loss.init?.(key(1)) ?? {}]);
      const params = loss.init?.(key(1)) ?? {};
      for (const given of cases({ size: 3 })) {
        const { batch, image, text, negatives, teacher, captions } = given;
        const features = [image, text, negatives, teacher?.image, teacher?.text, captions];
        const trees = [...features, batch.text, batch.negatives];
        const data = trees.flatMap((tree) => tensorsOf(tree ?? {}));
        const inputs = [...tensorsOf(params), ...data];
        assertNoLeak('compute', inputs, () => {
          const { total, terms } = computeLoss(loss, params, given, training);
          return [total, terms];
        });
        dispose(data);
      }
      dispose(params);
    },
  };
}

/** An objective as a function of the loss's parameters (`params.`) and the features. */
function problem(
  create: () => Loss,
  given: LossCase,
  figure: (result: LossResult) => Scalar,
): { objective: Objective; point: Params } {
  const { loss, params } = initialised(create);
  const objective: Objective = (moved) => {
    const own = { ...params, ...subtree(moved, 'params.') };
    return figure(computeLoss(loss, own, withFeatureParts(given, moved), training));
  };
  const point = {
    ...withPrefix('params.', nudged(key(36), trainable(params))),
    ...featureParts(given),
  };
  return { objective, point };
}
