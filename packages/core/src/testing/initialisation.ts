import type { Tensor } from '@tensorflow/tfjs-core';
import type { Context } from '../contracts/context';
import { key, type Key } from '../keys';
import type { Params } from '../params';
import { initialShapes } from '../param-shapes';
import { ConformanceError, check, notApplicable, type Check } from './check';
import { assertFinite, identical } from './compare';
import { expectClose } from './fixtures';
import { copyParams } from './trees';

/** What the checks of initialisation and purity need of a module, whatever its inputs. */
export interface Subject<Module> {
  readonly create: () => Module;
  readonly init: (module: Module, from: Key) => Params;
  /** The outputs of one fixed input; takes care of what a training pass records. */
  readonly apply: (module: Module, params: Params, ctx: Context) => Tensor[];
}

/** Same key, same parameters; no state besides them. */
export function initialisationChecks<Module>({ create, init, apply }: Subject<Module>): Check[] {
  const drawn = 'init gives finite parameters, the same for the same key, others for another';
  const isEmpty = Object.keys(initialShapes({ init: (from) => init(create(), from) })).length === 0;
  return [
    isEmpty
      ? notApplicable(drawn, 'it has no parameters')
      : check(drawn, () => {
          const params = init(create(), key(0));
          const again = init(create(), key(0));
          const others = init(create(), key(1));
          assertPaths(again, params);
          assertPaths(others, params);
          for (const [path, value] of Object.entries(params)) {
            assertFinite(path, value);
            expectClose(again[path]!, value, identical, `${path} of the same key`);
          }
          assertDiffers(params, others);
        }),
    check('everything it has learned is in its parameters', () => {
      const module = create();
      const params = init(module, key(1));
      const before = apply(module, params, inferenceAt(2));
      // Weights hidden in the module would be drawn anew, or be missing, in these.
      init(module, key(5));
      assertSame('after another init', apply(module, params, inferenceAt(2)), before);
      assertSame(
        'a new instance with a copy of the parameters',
        apply(create(), copyParams(params), inferenceAt(2)),
        before,
      );
    }),
  ];
}

/** Dropout and other draws follow the context's key, and there are none in inference. */
export function keyCheck<Module>({ create, init, apply }: Subject<Module>): Check {
  return check('inference does not depend on the key, training on nothing else', () => {
    const module = create();
    const params = init(module, key(1));
    assertSame(
      'inference with another key',
      apply(module, params, inferenceAt(3)),
      apply(module, params, inferenceAt(2)),
    );
    assertSame(
      'training with the same key',
      apply(module, params, trainingAt(2)),
      apply(module, params, trainingAt(2)),
    );
  });
}

function inferenceAt(seed: number): Context {
  return { training: false, key: key(seed) };
}

function trainingAt(seed: number): Context {
  return { training: true, key: key(seed) };
}

function assertSame(what: string, actual: readonly Tensor[], expected: readonly Tensor[]): void {
  expected.forEach((value, i) => expectClose(actual[i]!, value, identical, what));
}

function assertPaths(actual: Params, expected: Params): void {
  const [got, wanted] = [actual, expected].map((tree) => Object.keys(tree).sort().join(', '));
  if (got !== wanted) {
    throw new ConformanceError('init gives other paths for another key', { expected: wanted, got });
  }
}

/** Some tensor must be random where there are parameters beyond constants (norms, biases, gates). */
function assertDiffers(params: Params, others: Params): void {
  const matrices = Object.entries(params).filter(([, { rank }]) => rank > 1);
  const differs = matrices.some(([path, value]) => {
    const other = others[path]!.dataSync();
    return value.dataSync().some((number, i) => number !== other[i]);
  });
  if (matrices.length > 0 && !differs) {
    throw new ConformanceError('init ignores its key', {
      where: matrices.map(([path]) => path).join(', '),
      expected: 'other values for another key',
    });
  }
}
